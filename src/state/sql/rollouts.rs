//! What is stored of rollouts. What is decided is `rollout`'s; here it is read, asked and written in one transaction, with as
//! few rows as one outlet needs.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::Timestamp;

use super::{BadValue, Link, Row, events::alarm, parameters};
use crate::{
    catalog::OutletId,
    rollout::{
        Advance, Candidate, Evidence, Member, MemberChange, MemberState, Rollout, advance, after_pass, is_stuck,
    },
    state::{NewRollout, RolloutCount, RolloutMoved, RolloutOutlet, RolloutRow, RolloutStep, Scope},
};

/// One step makes waves, opens one and finds it empty, at most.
const MOST_ADVANCES: usize = 100;

pub(in crate::state) async fn rollout<L: Link>(link: &L, scope: &Scope) -> Result<Option<RolloutRow>, L::Error> {
    row(link, scope).await
}

pub(in crate::state) async fn rollout_of<L: Link>(
    link: &L,
    scope: &Scope,
    outlet: &str,
) -> Result<Option<(RolloutRow, Option<Member>)>, L::Error> {
    let Some(row) = row(link, scope).await? else { return Ok(None) };
    Ok(Some((row, member(link, scope, outlet).await?)))
}

pub(in crate::state) async fn rollout_counts<L: Link>(link: &L, scope: &Scope) -> Result<Vec<RolloutCount>, L::Error> {
    let sql = "
        SELECT wave, state, count(*) AS outlets FROM rollout_members WHERE platform = ?1 AND root = ?2
        GROUP BY wave, state ORDER BY wave NULLS FIRST, state";
    let rows = link.query(sql, parameters![&scope.platform, &scope.root]).await?.into_iter();
    let count = |mut row: Row| {
        let (wave, state) = (wave_if_any(&mut row, "wave")?, state_of(&mut row)?);
        Ok::<_, BadValue>(RolloutCount { wave, state, outlets: number(&mut row, "outlets")? })
    };
    Ok(rows.map(count).collect::<Result<_, _>>()?)
}

pub(in crate::state) async fn begin_rollout<L: Link>(
    link: &L,
    scope: &Scope,
    new: &NewRollout,
) -> Result<RolloutMoved, L::Error> {
    link.lock_for("rollout", &scope.root).await?;
    let stored = row(link, scope).await?;
    // Another process was first.
    if stored.as_ref().is_some_and(|row| row.files == new.files && !new.anew) {
        return Ok(RolloutMoved { row: stored, ..RolloutMoved::default() });
    }
    let before = match stored.filter(|row| row.ended.is_none()) {
        Some(row) => Some((row, earlier_members(link, scope).await?)),
        None => None,
    };
    forget_members(link, scope).await?;
    let mut moved = RolloutMoved::default();
    let stopped = before.as_ref().filter(|(row, members)| row.stopped.is_some() && !is_superseded(new, members));
    let earlier = before.as_ref().map(|(_, members)| members);
    add_members(link, scope, new, (earlier, stopped.is_some()), &mut moved).await?;
    let mut row = RolloutRow {
        files: new.files.clone(),
        revision: new.revision.clone(),
        began: before.as_ref().map_or(new.at, |(row, _)| row.began),
        wave: 0,
        waves: 0,
        baking_until: None,
        stopped: stopped.and_then(|(row, _)| row.stopped),
        why: stopped.and_then(|(row, _)| row.why.clone()),
        ended: None,
    };
    // Few are sent at once, as if there were no waves.
    if row.stopped.is_none() && !new.settings.concerns(candidates(link, scope).await?) {
        forget_members(link, scope).await?;
        row.ended = Some(new.at);
    }
    advance_rollout(link, scope, &mut row, &new.settings, new.at, &mut moved).await?;
    write(link, scope, &row).await?;
    Ok(RolloutMoved { row: Some(row), ..moved })
}

pub(in crate::state) async fn step_rollout<L: Link>(
    link: &L,
    scope: &Scope,
    step: &RolloutStep,
) -> Result<RolloutMoved, L::Error> {
    link.lock_for("rollout", &scope.root).await?;
    let mut moved = RolloutMoved::default();
    let Some(mut row) = row(link, scope).await?.filter(|row| row.files == step.files) else {
        return Ok(moved);
    };
    let before = row.clone();
    let (settings, at) = (&step.settings, step.at);
    let was_stuck = is_stuck(row.head(), evidence(link, scope, &row).await?);
    advance_rollout(link, scope, &mut row, settings, at, &mut moved).await?;
    if let Some((outlet, end, why)) = &step.pass
        && row.ended.is_none()
        && let Some(known) = member(link, scope, outlet).await?
    {
        let change = after_pass(known, row.head(), *end);
        let stop = put(link, scope, outlet, change).await?.then(|| why.clone());
        let stop = match stop {
            None => alarm_of(link, scope, &row, outlet, at).await?,
            stop => stop,
        };
        if let Some(why) = stop.filter(|_| row.stopped.is_none()) {
            (row.stopped, row.why) = (Some(at), Some(why.clone()));
            moved.stopped = Some(why);
        }
        advance_rollout(link, scope, &mut row, settings, at, &mut moved).await?;
    }
    if row != before {
        write(link, scope, &row).await?;
    }
    if !was_stuck && is_stuck(row.head(), evidence(link, scope, &row).await?) {
        moved.stuck = outlets_of(link, scope, row.wave, 1).await?.pop();
    }
    Ok(RolloutMoved { row: Some(row), ..moved })
}

pub(in crate::state) async fn stop_rollout<L: Link>(
    link: &L,
    scope: &Scope,
    why: Option<&str>,
    at: Timestamp,
) -> Result<Option<RolloutRow>, L::Error> {
    link.lock_for("rollout", &scope.root).await?;
    let Some(before) = row(link, scope).await?.filter(|row| row.ended.is_none()) else { return Ok(None) };
    let stopped = why.map(|_| before.stopped.unwrap_or(at));
    write(link, scope, &RolloutRow { stopped, why: why.map(str::to_owned), ..before.clone() }).await?;
    Ok(Some(before))
}

/// Moves a rollout on as far as it goes.
async fn advance_rollout<L: Link>(
    link: &L,
    scope: &Scope,
    row: &mut RolloutRow,
    settings: &Rollout,
    now: Timestamp,
    moved: &mut RolloutMoved,
) -> Result<(), L::Error> {
    for _ in 0..MOST_ADVANCES {
        let Some(next) = advance(row.head(), evidence(link, scope, row).await?, settings.bake, now) else { break };
        // What is known by now stops it before anybody else is sent anything.
        if let Advance::Open(_) = next
            && let Some(why) = any_alarm(link, scope, row, now).await?
        {
            (row.stopped, row.why) = (Some(now), Some(why.clone()));
            moved.stopped = Some(why);
            break;
        }
        match next {
            Advance::MakeWaves => {
                row.waves = make_waves(link, scope, settings).await?;
                row.wave = row.waves.min(1);
                match row.wave {
                    0 => row.ended = Some(now),
                    wave => moved.opened.extend(outlets_of(link, scope, wave, usize::MAX).await?),
                }
            }
            Advance::Bake(until) => {
                row.baking_until = Some(until);
                let next = outlets_of(link, scope, row.wave + 1, 1).await?.pop();
                moved.next = next.map(|outlet| (outlet, until));
            }
            Advance::Open(wave) => {
                (row.wave, row.baking_until) = (wave, None);
                moved.opened.extend(outlets_of(link, scope, wave, usize::MAX).await?);
            }
            Advance::End => row.ended = Some(now),
        }
        moved.advances.push(next);
    }
    Ok(())
}

async fn evidence<L: Link>(link: &L, scope: &Scope, row: &RolloutRow) -> Result<Evidence, L::Error> {
    Ok(Evidence {
        awaited: is_there(link, scope, row, "state = 'awaited'").await?,
        under_way: is_there(link, scope, row, "state IN ('waiting', 'on_its_way') AND wave = ?3").await?,
        missed: is_there(link, scope, row, "state = 'missed' AND wave = ?3").await?,
        seen: is_there(link, scope, row, "state = 'seen' AND wave = ?3").await?,
        any_seen: is_there(link, scope, row, "state = 'seen' AND wave IS NOT NULL").await?,
        left: is_there(link, scope, row, "state IN ('waiting', 'on_its_way', 'missed') AND wave > ?3").await?,
        unseen: is_there(link, scope, row, "state <> 'seen'").await?,
    })
}

async fn is_there<L: Link>(link: &L, scope: &Scope, row: &RolloutRow, condition: &str) -> Result<bool, L::Error> {
    let sql = format!(
        "SELECT state FROM rollout_members WHERE platform = ?1 AND root = ?2 AND ?3 = ?3 AND {condition} LIMIT 1"
    );
    Ok(link.first(&sql, parameters![&scope.platform, &scope.root, row.wave as i64]).await?.is_some())
}

async fn forget_members<L: Link>(link: &L, scope: &Scope) -> Result<(), L::Error> {
    let sql = "DELETE FROM rollout_members WHERE platform = ?1 AND root = ?2";
    link.execute(sql, parameters![&scope.platform, &scope.root]).await.map(drop)
}

/// An outlet of a rollout that another one takes the place of.
struct Earlier {
    state: MemberState,
    wants: String,
}

async fn earlier_members<L: Link>(link: &L, scope: &Scope) -> Result<HashMap<String, Earlier>, L::Error> {
    let sql = "SELECT outlet, state, wants FROM rollout_members WHERE platform = ?1 AND root = ?2";
    let rows = link.query(sql, parameters![&scope.platform, &scope.root]).await?.into_iter();
    let earlier = |mut row: Row| {
        let (state, wants) = (state_of(&mut row)?, row.text("wants")?);
        Ok::<_, BadValue>((row.text("outlet")?, Earlier { state, wants }))
    };
    Ok(rows.map(earlier).collect::<Result<_, _>>()?)
}

/// Whether files say something else of all outlets that are held. What they do not define any more is held by nobody.
fn is_superseded(new: &NewRollout, earlier: &HashMap<String, Earlier>) -> bool {
    let held = |outlet: &RolloutOutlet| earlier.get(&outlet.outlet).filter(|known| known.state != MemberState::Seen);
    new.outlets.iter().all(|outlet| held(outlet).is_none_or(|known| known.wants != outlet.wants))
}

async fn add_members<L: Link>(
    link: &L,
    scope: &Scope,
    new: &NewRollout,
    (earlier, is_stopped): (Option<&HashMap<String, Earlier>>, bool),
    moved: &mut RolloutMoved,
) -> Result<(), L::Error> {
    let members: HashMap<&str, Member> = new.members.iter().map(|(outlet, member)| (&**outlet, *member)).collect();
    let sql = "
        INSERT INTO rollout_members (platform, root, outlet, named, wants, wave, state, known)
        VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, ?7)";
    for RolloutOutlet { outlet, named, wants } in &new.outlets {
        let known = earlier.and_then(|earlier| earlier.get(outlet));
        let before = known.map(|known| known.state);
        // What it was stopped with, so that commits which change them one after the other supersede it, and one that comes back
        // to that does not.
        let held = known.filter(|known| is_stopped && known.state != MemberState::Seen);
        let wants = held.map_or(wants, |held| &held.wants);
        let (state, known) = match (members.get(&**outlet), before) {
            (Some(member), _) => (member.state, member.known),
            (None, Some(MemberState::Seen)) => (MemberState::Seen, true),
            (None, Some(_)) if new.were_looked_at => continue,
            (None, Some(_)) => {
                moved.opened.push(outlet.clone());
                (MemberState::Awaited, false)
            }
            (None, None) => continue,
        };
        let named = named.map(|wave| wave as i64);
        let known = i64::from(known);
        let values = parameters![&scope.platform, &scope.root, outlet, named, wants, state.as_str(), known];
        link.execute(sql, values).await?;
    }
    Ok(())
}

/// Of all that have not had their turn.
async fn candidates<L: Link>(link: &L, scope: &Scope) -> Result<Vec<Candidate>, L::Error> {
    let sql = "
        SELECT outlet, named, known FROM rollout_members WHERE platform = ?1 AND root = ?2 AND state <> 'seen'";
    let rows = link.query(sql, parameters![&scope.platform, &scope.root]).await?.into_iter();
    let candidate = |mut row: Row| {
        let (named, known) = (wave_if_any(&mut row, "named")?, row.number("known")? != 0);
        Ok::<_, BadValue>(Candidate { outlet: OutletId(row.text("outlet")?), named, known })
    };
    Ok(rows.map(candidate).collect::<Result<_, _>>()?)
}

async fn make_waves<L: Link>(link: &L, scope: &Scope, settings: &Rollout) -> Result<usize, L::Error> {
    let waves = settings.assign(candidates(link, scope).await?);
    let sql = "UPDATE rollout_members SET wave = ?4 WHERE platform = ?1 AND root = ?2 AND outlet = ?3";
    for (wave, outlets) in (1_i64..).zip(&waves) {
        for outlet in outlets {
            link.execute(sql, parameters![&scope.platform, &scope.root, outlet.as_str(), wave]).await?;
        }
    }
    Ok(waves.len())
}

/// Those of a wave that have not been seen, at most so many.
async fn outlets_of<L: Link>(link: &L, scope: &Scope, wave: usize, most: usize) -> Result<Vec<String>, L::Error> {
    let sql = "
        SELECT outlet FROM rollout_members WHERE platform = ?1 AND root = ?2 AND wave = ?3 AND state <> 'seen'
        ORDER BY outlet LIMIT ?4";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = link.query(sql, parameters![&scope.platform, &scope.root, wave as i64, most]).await?.into_iter();
    Ok(rows.map(|mut row| row.text("outlet")).collect::<Result<_, _>>()?)
}

/// Whether the rollout stops.
async fn put<L: Link>(link: &L, scope: &Scope, outlet: &str, change: MemberChange) -> Result<bool, L::Error> {
    let (member, stops) = match change {
        MemberChange::Keep => return Ok(false),
        MemberChange::Leave => {
            let sql = "DELETE FROM rollout_members WHERE platform = ?1 AND root = ?2 AND outlet = ?3";
            link.execute(sql, parameters![&scope.platform, &scope.root, outlet]).await?;
            return Ok(false);
        }
        MemberChange::Set(member) => (member, false),
        MemberChange::Stop(member) => (member, true),
    };
    let sql = "
        UPDATE rollout_members SET state = ?4, known = ?5 WHERE platform = ?1 AND root = ?2 AND outlet = ?3";
    let (state, known) = (member.state.as_str(), i64::from(member.known));
    link.execute(sql, parameters![&scope.platform, &scope.root, outlet, state, known]).await?;
    Ok(stops)
}

/// Why an outlet that was sent stops the rollout: an order that is not recognised, since it began.
async fn alarm_of<L: Link>(
    link: &L,
    scope: &Scope,
    row: &RolloutRow,
    outlet: &str,
    now: Timestamp,
) -> Result<Option<String>, L::Error> {
    let is_seen = member(link, scope, outlet).await?.is_some_and(|member| member.state == MemberState::Seen);
    let raised = if is_seen { alarm(link, scope, outlet, now).await? } else { None };
    Ok(raised.filter(|alarm| alarm.raised_at >= row.began).map(|alarm| format!("outlet {outlet}: {}", alarm.what)))
}

/// The same of all of them: alarms are few.
async fn any_alarm<L: Link>(
    link: &L,
    scope: &Scope,
    row: &RolloutRow,
    now: Timestamp,
) -> Result<Option<String>, L::Error> {
    let sql = "
        SELECT alarms.outlet FROM alarms JOIN rollout_members AS members
            ON members.platform = alarms.platform AND members.root = ?2 AND members.outlet = alarms.outlet
        WHERE alarms.platform = ?1 AND members.state = 'seen' AND alarms.raised_at >= ?3 ORDER BY alarms.outlet";
    for mut found in link.query(sql, parameters![&scope.platform, &scope.root, row.began]).await? {
        let outlet = found.text("outlet")?;
        if let Some(why) = alarm_of(link, scope, row, &outlet, now).await? {
            return Ok(Some(why));
        }
    }
    Ok(None)
}

async fn row<L: Link>(link: &L, scope: &Scope) -> Result<Option<RolloutRow>, L::Error> {
    let sql = "SELECT * FROM rollouts WHERE platform = ?1 AND root = ?2";
    let row = |mut row: Row| {
        Ok::<_, BadValue>(RolloutRow {
            files: row.text("files")?,
            revision: row.text_if_any("revision")?,
            began: row.moment("began")?,
            wave: number(&mut row, "wave")?,
            waves: number(&mut row, "waves")?,
            baking_until: row.moment_if_any("baking_until")?,
            stopped: row.moment_if_any("stopped")?,
            why: row.text_if_any("why")?,
            ended: row.moment_if_any("ended")?,
        })
    };
    Ok(link.first(sql, parameters![&scope.platform, &scope.root]).await?.map(row).transpose()?)
}

async fn write<L: Link>(link: &L, scope: &Scope, row: &RolloutRow) -> Result<(), L::Error> {
    let RolloutRow { files, revision, began, wave, waves, baking_until, stopped, why, ended } = row;
    let sql = "
        INSERT INTO rollouts
            (platform, root, files, revision, began, wave, waves, baking_until, stopped, why, ended)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
        ON CONFLICT (platform, root) DO UPDATE SET
            files = excluded.files, revision = excluded.revision, began = excluded.began, wave = excluded.wave,
            waves = excluded.waves, baking_until = excluded.baking_until, stopped = excluded.stopped,
            why = excluded.why, ended = excluded.ended";
    let (platform, root, wave, waves) = (&scope.platform, &scope.root, *wave as i64, *waves as i64);
    let values =
        parameters![platform, root, files, revision, *began, wave, waves, *baking_until, *stopped, why, *ended];
    link.execute(sql, values).await.map(drop)
}

async fn member<L: Link>(link: &L, scope: &Scope, outlet: &str) -> Result<Option<Member>, L::Error> {
    let sql = "
        SELECT wave, state, known FROM rollout_members WHERE platform = ?1 AND root = ?2 AND outlet = ?3";
    let member = |mut row: Row| {
        let (wave, state) = (wave_if_any(&mut row, "wave")?, state_of(&mut row)?);
        Ok::<_, BadValue>(Member { wave, state, known: row.number("known")? != 0 })
    };
    Ok(link.first(sql, parameters![&scope.platform, &scope.root, outlet]).await?.map(member).transpose()?)
}

fn wave_if_any(row: &mut Row, column: &str) -> Result<Option<usize>, BadValue> {
    Ok(row.number_if_any(column)?.map(|number| number.unsigned_abs() as usize))
}

fn number(row: &mut Row, column: &str) -> Result<usize, BadValue> {
    Ok(row.number(column)?.unsigned_abs() as usize)
}

fn state_of(row: &mut Row) -> Result<MemberState, BadValue> {
    let word = row.text("state")?;
    let unknown = || BadValue { column: "state".to_owned(), problem: format!("`{word}` is unknown") };
    MemberState::parse(&word).ok_or_else(unknown)
}
