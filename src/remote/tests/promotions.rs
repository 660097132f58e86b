//! The list of promotions in every form that it may come in, and its ends.

use super::*;
use crate::{
    catalog::{PromoDetail, Promotion},
    remote::PromotionAnswer,
};

const LIST: &str = "GET /base/integrations/promo/outlets/G1/v1/food-promos";

fn answer(body: &str) -> Vec<u8> {
    reply("200 OK", "", body)
}

async fn list(fake: &Fake) -> Result<Vec<Promotion>, RemoteError> {
    fake.client().reader().promotions(&outlet()).await
}

/// What a body is read as: the words of each promotion, or of the error.
async fn read(body: &str) -> String {
    match list(&Fake::answering([answer(body), answer(r#"{"success":true}"#)]).await).await {
        Ok(promotions) => {
            let words = promotions.iter().map(|one| {
                let dish = one.external_menu_id.as_ref().map_or("?", |id| id.as_str());
                format!("{dish}: {}", one.words())
            });
            words.collect::<Vec<_>>().join(" | ")
        }
        Err(error) => error.what,
    }
}

#[tokio::test]
async fn a_list_is_read_in_every_form_that_makes_sense() {
    let detail = r#"{"external_menu_id":"NG","selling_price":19000,"start_date":"2027-02-25","end_date":"2027-02-28"}"#;
    let words = "NG: Rp 19.000, 2027-02-25 to 2027-02-28; created, id 7";
    for body in [
        format!(
            r#"{{"success":true,"data":{{"total_count":1,"promotions":[{{"promotion_id":"7","status":"created","promo_detail":{detail}}}]}}}}"#
        ),
        format!(
            r#"{{"data":{{"meta":{{"total_count":"1","limit":10}},"food_promos":[{{"id":7,"status":"created","promo_detail":[{detail}]}}]}}}}"#
        ),
        format!(r#"{{"data":[{{"promotion_id":7,"status":"created",{}]}}"#, &detail[1..]),
    ] {
        assert_eq!(read(&body).await, words, "{body}");
    }
    for empty in [
        r#"{"success":true}"#,
        r#"{"success":true,"data":null}"#,
        r#"{"data":{"promotions":null,"total_count":0,"page":1}}"#,
        r#"{"data":{"promotions":[]}}"#,
        r#"{"data":{}}"#,
    ] {
        assert_eq!(read(empty).await, "", "{empty}");
    }
    let odd = r#"{"data":{"total_count":1,"x":[{"promotion_id":"7","promo_detail":{"external_menu_id":12,"selling_price":"9000.5",
        "start_date":"soon","applicable_days":["friday",7,null],"start_time":"14:00:00","end_time":"16:00"}}]}}"#;
    assert_eq!(read(odd).await, "12: price unknown, an unknown day to an unknown day, friday and 7, 14:00–16:00; id 7");
}

#[tokio::test]
async fn a_list_that_makes_no_sense_is_an_error() {
    for body in [
        r#"{"data":{"promotions":{"7":{"status":"created"}}}}"#,
        r#"{"data":{"promotions":null,"total_count":2}}"#,
        r#"{"data":{"promotions":[],"coupons":[]}}"#,
        r#"{"data":["7"]}"#,
        r#"{"data":"none"}"#,
    ] {
        assert_eq!(read(body).await, "200 OK: no list of promotions can be read from the answer", "{body}");
    }
}

#[tokio::test]
async fn a_dish_that_the_list_does_not_name_is_asked_for_until_asking_fails() {
    let bare = r#"{"data":{"total_count":4,"promotions":[{"promotion_id":"a/1"},{"promotion_id":"2","status":"ended"},
        {"promotion_id":"3"},{"promotion_id":"4"}]}}"#;
    let detail = r#"{"success":true,"data":{"promo_type":"sku_promo","promo_detail":{"external_menu_id":"NG"}}}"#;
    let fake = Fake::answering([answer(bare), reply("404 Not Found", "", ""), answer(detail), busy("503 Busy")]).await;
    let dishes: Vec<_> = list(&fake).await.unwrap().into_iter().map(|one| one.external_menu_id).collect();
    assert_eq!(dishes, [None, None, Some("NG".into()), None]);
    assert_eq!(fake.lines()[2..], ["a%2F1", "3", "4"].map(|id| format!("{LIST}/{id}")));
    let fake = Fake::answering([answer(bare), busy("503 Busy")]).await;
    assert_eq!(list(&fake).await.unwrap().len(), 4);
    assert_eq!(fake.lines().len(), 3, "the others are not asked for");
}

fn page(ids: std::ops::Range<u32>, rest: &str) -> Vec<u8> {
    let list: Vec<String> =
        ids.map(|id| format!(r#"{{"promotion_id":"{id}","promo_detail":{{"external_menu_id":"NG"}}}}"#)).collect();
    answer(&format!(r#"{{"success":true,"data":{{{rest}"promotions":[{}]}}}}"#, list.join(",")))
}

#[tokio::test]
async fn a_list_ends_by_its_count_by_an_empty_page_or_by_one_that_was_there() {
    let counted = r#""limit":2,"total_count":3,"#;
    // A page with less than it could have is not the last one if more are counted.
    let generous = r#""limit":100,"total_count":4,"#;
    for (pages, number, calls) in [
        (vec![page(1..3, counted), page(3..4, counted)], 3, 2),
        (vec![page(1..3, ""), page(3..4, ""), page(0..0, "")], 3, 3),
        (vec![page(1..3, ""), page(1..3, "")], 2, 2),
        (vec![page(1..3, counted), page(0..0, counted)], 2, 2),
        (vec![page(0..2, generous), page(2..4, generous)], 4, 2),
    ] {
        let fake = Fake::answering(pages).await;
        assert_eq!(list(&fake).await.unwrap().len(), number);
        let lines: Vec<String> = (1..=calls).map(|page| format!("{LIST}?page={page}")).collect();
        assert_eq!(fake.lines()[1..], lines);
    }
    let repeating = Fake::answering([page(1..3, r#""total_count":30,"#), page(1..3, r#""total_count":30,"#)]).await;
    let error = list(&repeating).await.unwrap_err();
    assert_eq!(error.what, "the pages of the list of promotions end or repeat after 2 of 30");
    let endless = Fake::answering((0..60).map(|number| page(number..number + 1, ""))).await;
    assert_eq!(list(&endless).await.unwrap_err().what, "the list of promotions has more than 50 pages");
}

#[tokio::test]
async fn promotions_have_a_token_of_their_own_and_a_refusal_says_which_right_is_missing() {
    let fake = Fake::answering([reply("403 Forbidden", "", "")]).await;
    let client = fake.client();
    let error = client.reader().promotions(&outlet()).await.unwrap_err();
    assert!(error.is_final() && !error.lacks_scope, "the token was granted with the scope: {error}");
    assert!(error.what.contains("allowed the scope promo:food_promo:read?"), "{error}");
    assert!(fake.seen()[0].body.ends_with("scope=promo%3Afood_promo%3Aread"));
    client.reader().fetch(&outlet()).await.unwrap();
    assert!(fake.seen()[2].body.ends_with("scope=gofood%3Acatalog%3Aread"));
    let scope = r#"{"error":"invalid_scope"}"#;
    let fake = Fake::new().await.tokens([reply("400 Bad Request", "", scope)]);
    assert!(list(&fake).await.unwrap_err().lacks_scope);
    let fewer = r#"{"access_token":"t","scope":"gofood:catalog:read"}"#;
    for (status, lacks) in [("401 Unauthorized", true), ("403 Forbidden", true), ("404 Not Found", false)] {
        let fake = Fake::answering([reply(status, "", ""), reply(status, "", "")]).await;
        let fake = fake.tokens([reply("200 OK", "", fewer), reply("200 OK", "", fewer)]);
        assert_eq!(list(&fake).await.unwrap_err().lacks_scope, lacks, "{status}");
    }
    let fake = Fake::answering([reply("401 Unauthorized", "", ""), reply("401 Unauthorized", "", "")]).await;
    assert!(!list(&fake).await.unwrap_err().lacks_scope);
}

async fn create(answers: impl IntoIterator<Item = Vec<u8>>) -> Result<PromotionAnswer, RemoteError> {
    let date = jiff::civil::date(2027, 2, 25);
    let detail = PromoDetail {
        external_menu_id: "NG".into(),
        selling_price: Price(19_000),
        start_date: date,
        end_date: date,
        start_time: None,
        end_time: None,
        applicable_days: Vec::new(),
    };
    Fake::answering(answers)
        .await
        .client()
        .writer(crate::remote::unfenced())
        .create_promotion(&outlet(), "key", &detail)
        .await
}

#[tokio::test]
async fn a_success_that_cannot_be_understood_is_no_refusal() {
    let made = r#"{"success":true,"data":{"success":[{"external_menu_id":"NG","promotion_id":"7"}]}}"#;
    assert_eq!(create([answer(made)]).await, Ok(PromotionAnswer::Made("7".to_owned())));
    let nameless = made.replace('7', "");
    let large = "x".repeat(40 * 1024 * 1024);
    for silent in ["", "<html>OK</html>", "{}", r#"{"success":[{"promotion_id":"7"}]}"#, &nameless, &large] {
        let said = create([answer(silent)]).await;
        assert_eq!(said, Ok(PromotionAnswer::Silent), "{}", silent.chars().take(80).collect::<String>());
    }
    let refused = create([answer(r#"{"success":false,"errors":[{"message":"no"}]}"#)]).await.unwrap_err();
    assert!(refused.is_final() && refused.status == Some(200), "{refused}");
}

#[tokio::test]
async fn an_id_that_would_vanish_from_the_address_is_not_called() {
    let fake = Fake::new().await;
    for id in ["", ".", ".."] {
        let error =
            fake.client().writer(crate::remote::unfenced()).end_promotion(&outlet(), id, false).await.unwrap_err();
        assert_eq!(error.what, format!("not sent: “{id}” is no id of a promotion"));
    }
    assert_eq!(fake.lines(), [""; 0]);
}

#[tokio::test]
async fn the_answer_to_a_creation_is_understood_in_every_form() {
    let made = || PromotionAnswer::Made("7".to_owned());
    let refused = |words: &str| PromotionAnswer::Refused(words.to_owned());
    for (data, meant) in [
        (r#"{"success":[{"external_menu_id":"NG","promotion_id":"7"}],"failure":[]}"#, made()),
        (r#"{"success":{"external_menu_id":"NG","promotion_id":7},"failure":null}"#, made()),
        (r#"{"success":{"id":"7","promo_detail":{"external_menu_id":"NG"}}}"#, made()),
        (r#"{"success":[{"promotion_id":"7"}]}"#, made()),
        (
            r#"{"success":[],"failure":[{"external_menu_id":"NG","message":"Item is not active"}]}"#,
            refused("Item is not active"),
        ),
        (
            r#"{"success":null,"failure":{"external_menu_id":"NG","errors":[{"message":"Discount is below the minimum"}]}}"#,
            refused("Discount is below the minimum"),
        ),
        (r#"{"failure":{"external_menu_id":"NG"}}"#, refused("refused without a reason")),
        (r#"{"failure":"Item already has a promotion"}"#, refused("Item already has a promotion")),
        // One half is about another dish.
        (
            r#"{"success":[{"external_menu_id":"NU","promotion_id":"8"}],"failure":[{"external_menu_id":"NG","message":"no"}]}"#,
            refused("no"),
        ),
        (
            r#"{"success":[{"external_menu_id":"NG","promotion_id":"7"}],"failure":[{"external_menu_id":"NU","message":"no"}]}"#,
            made(),
        ),
        (r#"{"success":[{"external_menu_id":"NU","promotion_id":"8"}],"failure":[]}"#, PromotionAnswer::Silent),
        (r#"{"success":null,"failure":null}"#, PromotionAnswer::Silent),
        (r#"{"success":{},"failure":""}"#, PromotionAnswer::Silent),
        (r#"{"success":true,"failure":0}"#, PromotionAnswer::Silent),
    ] {
        assert_eq!(create([answer(&format!(r#"{{"success":true,"data":{data}}}"#))]).await, Ok(meant), "{data}");
    }
}

#[tokio::test]
async fn a_creation_carries_its_key_an_id_of_the_request_and_what_the_files_say() {
    let time = |hour| Some(jiff::civil::Time::constant(hour, 0, 0, 0));
    let (day, applicable_days) = (jiff::civil::date(2027, 2, 25), vec![crate::catalog::Day::Friday]);
    let detail = PromoDetail {
        external_menu_id: "NG".into(),
        selling_price: Price(19_000),
        start_date: day,
        end_date: day,
        start_time: time(14),
        end_time: time(16),
        applicable_days,
    };
    let fake = Fake::answering([answer("{}")]).await;
    let key = crate::plan::idempotency_key("https://gobiz.test", &outlet(), "gajian", &detail, 0);
    fake.client().writer(crate::remote::unfenced()).create_promotion(&outlet(), &key, &detail).await.unwrap();
    let seen = &fake.seen()[1];
    assert_eq!(
        seen.body,
        r#"{"promo_type":"sku_promo","promo_detail":{"external_menu_id":"NG","selling_price":19000,"start_date":"2027-02-25","end_date":"2027-02-25","start_time":"14:00:00","end_time":"16:00:00","applicable_days":["friday"]}}"#
    );
    let header = |name: &str| seen.head.split(name).nth(1).and_then(|rest| rest.lines().next()).unwrap().trim();
    assert!(Uuid::parse_str(header("x-request-id:")).is_ok(), "{}", seen.head);
    assert_eq!(header("x-idempotency-key:"), key);
    assert!(key.len() == 32 && key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{key}");
    assert!(fake.seen()[0].body.contains("promo%3Afood_promo%3Awrite"));
}

#[tokio::test]
async fn an_end_that_is_refused_in_one_way_is_asked_for_in_the_other() {
    const DELETE: &str = "DELETE /base/integrations/promo/outlets/G1/v1/food-promos/7";
    const DEACTIVATE: &str = "PUT /base/integrations/promo/outlets/G1/v1/food-promos/7/deactivate";
    const OK: &str = "200 OK";
    const NO: &str = "422 Unprocessable Entity";
    const GONE: &str = "404 Not Found";
    const BODY: &str = "400 Bad Request";
    // Whether it has begun, what is answered, the status of the failure, and the calls.
    type Row<'a> = (bool, &'a [&'a str], Option<u16>, &'a [&'a str]);
    let rows: [Row<'_>; 10] = [
        (false, &[OK], None, &[DELETE]),
        (true, &["204 No Content"], None, &[DEACTIVATE]),
        (false, &[NO, OK], None, &[DELETE, DEACTIVATE]),
        (true, &["409 Conflict", OK], None, &[DEACTIVATE, DELETE]),
        // It is gone.
        (true, &[GONE, GONE], None, &[DEACTIVATE, DELETE]),
        (false, &[NO, GONE], Some(422), &[DELETE, DEACTIVATE]),
        // Once more with a body.
        (true, &[BODY, OK], None, &[DEACTIVATE, DEACTIVATE]),
        (true, &[BODY, BODY, OK], None, &[DEACTIVATE, DEACTIVATE, DELETE]),
        // Nobody knows, which is no refusal.
        (false, &["503 Service Unavailable"], Some(503), &[DELETE]),
        (false, &[NO, "503 Service Unavailable"], Some(503), &[DELETE, DEACTIVATE]),
    ];
    for (has_begun, answers, fails, calls) in rows {
        let fake = Fake::answering(answers.iter().map(|status| reply(status, "", ""))).await;
        let ended = fake.client().writer(crate::remote::unfenced()).end_promotion(&outlet(), "7", has_begun).await;
        assert_eq!(ended.err().and_then(|error| error.status), fails, "{answers:?}");
        assert_eq!(fake.lines()[1..], *calls, "{answers:?}");
        let bodies: Vec<String> = fake.seen()[1..].iter().map(|seen| seen.body.clone()).collect();
        let with_body = bodies.iter().position(|body| body == "{}");
        assert_eq!(with_body, (answers[0] == BODY).then_some(1), "{bodies:?}");
    }
}
