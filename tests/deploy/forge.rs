//! A stand-in for the parts of GitHub's and GitLab's APIs that the scripts use, on a port of its own. It knows who asks, and
//! notes what it was asked.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::{get, patch, put},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// The token that may comment.
pub(crate) const TOKEN: &str = "ghs-forge-9f3KqTz";
/// Who comments with it, at GitHub.
pub(crate) const BOT: &str = "github-actions[bot]";
/// The number of who comments with it, at GitLab.
const BOT_NUMBER: u64 = 7;
/// The repository.
pub(crate) const REPOSITORY: &str = "sari/menus";

/// A comment on a pull request, or a note on a merge request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) body: String,
}

/// What the forge knows.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) comments: Vec<Comment>,
    /// Pull requests by number: repository and commit of the head.
    pub(crate) pulls: Vec<(u64, String, String)>,
    /// The archive that the run uploaded, and the size that is told of it.
    pub(crate) artifact: Option<(Vec<u8>, usize)>,
}

type Shared = Arc<Mutex<Shelf>>;

/// The server; ends when dropped.
pub(crate) struct Forge {
    shelf: Shared,
    address: SocketAddr,
    _runtime: Runtime,
}

impl Forge {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let shelf = Shared::default();
        let router = router().with_state(Arc::clone(&shelf));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { shelf, address, _runtime: runtime }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap()
    }

    /// Somebody else comments.
    pub(crate) fn comment(&self, author: &str, body: &str) {
        let mut shelf = self.shelf();
        let id = shelf.comments.len() as u64 + 1;
        shelf.comments.push(Comment { id, author: author.to_owned(), body: body.to_owned() });
    }

    /// The comments of the bot.
    pub(crate) fn of_bot(&self) -> Vec<Comment> {
        self.shelf().comments.iter().filter(|comment| comment.author == BOT).cloned().collect()
    }
}

fn router() -> Router<Shared> {
    Router::new()
        .route("/repos/sari/menus/issues/{number}/comments", get(list).post(make))
        .route("/repos/sari/menus/issues/comments/{id}", patch(edit))
        .route("/repos/sari/menus/pulls/{number}", get(pull))
        .route("/repos/sari/menus/actions/runs/77/artifacts", get(artifacts))
        .route("/repos/sari/menus/actions/artifacts/5/zip", get(async || Redirect::temporary("/blob")))
        .route("/blob", get(blob))
        .route("/api/v4/user", get(async || Json(json!({"id": BOT_NUMBER}))))
        .route("/api/v4/projects/12/merge_requests/{number}/notes", get(list).post(make))
        .route("/api/v4/projects/12/merge_requests/{number}/notes/{id}", put(edit_note))
}

/// GitHub's and GitLab's way to say who asks.
fn is_known(headers: &HeaderMap) -> bool {
    let is = |name, value: &str| headers.get(name).is_some_and(|given| given.as_bytes() == value.as_bytes());
    is("authorization", &format!("Bearer {TOKEN}")) || is("private-token", TOKEN)
}

fn shown(comment: &Comment) -> Value {
    let number = if comment.author == BOT { BOT_NUMBER } else { 99 };
    json!({"id": comment.id, "user": {"login": comment.author}, "author": {"id": number}, "body": comment.body})
}

#[derive(serde::Deserialize)]
struct Page {
    per_page: usize,
    page: usize,
}

async fn list(State(shelf): State<Shared>, headers: HeaderMap, Query(page): Query<Page>) -> Response {
    if !is_known(&headers) || page.per_page > 100 {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let shelf = shelf.lock().unwrap();
    let comments = shelf.comments.iter().skip((page.page - 1) * page.per_page).take(page.per_page);
    Json(comments.map(shown).collect::<Vec<_>>()).into_response()
}

/// The text of a comment, within GitHub's limit.
fn body(headers: &HeaderMap, sent: &Bytes) -> Result<String, StatusCode> {
    let sent: Value = serde_json::from_slice(sent).map_err(|_| StatusCode::BAD_REQUEST)?;
    let text = sent["body"].as_str().ok_or(StatusCode::UNPROCESSABLE_ENTITY)?;
    match is_known(headers) {
        false => Err(StatusCode::UNAUTHORIZED),
        true if text.chars().count() > 65_536 => Err(StatusCode::UNPROCESSABLE_ENTITY),
        true => Ok(text.to_owned()),
    }
}

async fn make(State(shelf): State<Shared>, headers: HeaderMap, sent: Bytes) -> Response {
    let body = match body(&headers, &sent) {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let mut shelf = shelf.lock().unwrap();
    let comment = Comment { id: shelf.comments.len() as u64 + 1, author: BOT.to_owned(), body };
    let answer = Json(shown(&comment));
    shelf.comments.push(comment);
    (StatusCode::CREATED, answer).into_response()
}

async fn edit(shelf: State<Shared>, Path(id): Path<u64>, headers: HeaderMap, sent: Bytes) -> Response {
    edit_note(shelf, Path((0, id)), headers, sent).await
}

async fn edit_note(
    State(shelf): State<Shared>,
    Path((_, id)): Path<(u64, u64)>,
    headers: HeaderMap,
    sent: Bytes,
) -> Response {
    let body = match body(&headers, &sent) {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let mut shelf = shelf.lock().unwrap();
    let Some(comment) = shelf.comments.iter_mut().find(|comment| comment.id == id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    comment.body = body;
    Json(shown(comment)).into_response()
}

async fn pull(State(shelf): State<Shared>, Path(number): Path<u64>, headers: HeaderMap) -> Response {
    let shelf = shelf.lock().unwrap();
    match shelf.pulls.iter().find(|pull| pull.0 == number && is_known(&headers)) {
        Some((_, repository, sha)) => {
            let head = json!({"sha": sha, "repo": {"full_name": repository}});
            Json(json!({"state": "open", "head": head})).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn artifacts(State(shelf): State<Shared>, headers: HeaderMap) -> Response {
    if !is_known(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let shelf = shelf.lock().unwrap();
    let artifact = shelf.artifact.as_ref();
    let artifact =
        artifact.map(|(_, size)| json!({"id": 5, "name": "menusync-report", "expired": false, "size_in_bytes": size}));
    Json(json!({"artifacts": artifact.into_iter().collect::<Vec<_>>()})).into_response()
}

async fn blob(State(shelf): State<Shared>) -> Vec<u8> {
    shelf.lock().unwrap().artifact.as_ref().map(|(bytes, _)| bytes.clone()).unwrap_or_default()
}
