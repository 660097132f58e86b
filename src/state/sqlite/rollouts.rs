//! What is stored of rollouts. What is decided is `rollout`'s; here it is read, asked and written in one transaction, with as
//! few rows as one outlet needs.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

use super::{
    Store,
    events::alarm,
    store::{At, moment},
};
use crate::{
    catalog::OutletId,
    rollout::{
        Advance, Candidate, Evidence, Member, MemberChange, MemberState, Rollout, advance, after_pass, is_stuck,
    },
    state::{NewRollout, RolloutCount, RolloutMoved, RolloutOutlet, RolloutRow, RolloutStep, Scope, StateError},
};

/// One step makes waves, opens one and finds it empty, at most.
const MOST_ADVANCES: usize = 100;

impl Store {
    pub(super) fn rollout(&self) -> Result<Option<RolloutRow>, StateError> {
        self.read("read the rollout", row)
    }

    pub(super) fn rollout_of(&self, outlet: &str) -> Result<Option<(RolloutRow, Option<Member>)>, StateError> {
        self.read("read the rollout of an outlet", |connection, scope| {
            let transaction = connection.unchecked_transaction()?;
            let Some(row) = row(&transaction, scope)? else { return Ok(None) };
            Ok(Some((row, member(&transaction, scope, outlet)?)))
        })
    }

    pub(super) fn rollout_counts(&self) -> Result<Vec<RolloutCount>, StateError> {
        self.read("count the outlets of the rollout", |connection, scope| {
            let sql = "
                SELECT wave, state, count(*) FROM rollout_members WHERE platform = ?1 AND root = ?2
                GROUP BY wave, state ORDER BY wave, state";
            let count = |row: &Row<'_>| {
                Ok(RolloutCount { wave: number(row, 0)?, state: state_of(row, 1)?, outlets: count_of(row, 2)? })
            };
            connection.prepare_cached(sql)?.query_map([&scope.platform, &scope.root], count)?.collect()
        })
    }

    pub(super) fn begin_rollout(&mut self, new: &NewRollout) -> Result<RolloutMoved, StateError> {
        self.write("begin a rollout", |connection, scope| {
            let stored = row(connection, scope)?;
            // Another process was first.
            if stored.as_ref().is_some_and(|row| row.files == new.files && !new.anew) {
                return Ok(RolloutMoved { row: stored, ..RolloutMoved::default() });
            }
            let before = match stored.filter(|row| row.ended.is_none()) {
                Some(row) => Some((row, earlier_members(connection, scope)?)),
                None => None,
            };
            let forget = |connection: &Connection| {
                let sql = "DELETE FROM rollout_members WHERE platform = ?1 AND root = ?2";
                connection.execute(sql, [&scope.platform, &scope.root]).map(drop)
            };
            forget(connection)?;
            let mut moved = RolloutMoved::default();
            let stopped =
                before.as_ref().filter(|(row, members)| row.stopped.is_some() && !is_superseded(new, members));
            let earlier = before.as_ref().map(|(_, members)| members);
            add_members(connection, scope, new, (earlier, stopped.is_some()), &mut moved)?;
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
            if row.stopped.is_none() && !new.settings.concerns(candidates(connection, scope)?) {
                forget(connection)?;
                row.ended = Some(new.at);
            }
            advance_rollout(connection, scope, &mut row, &new.settings, new.at, &mut moved)?;
            write(connection, scope, &row)?;
            Ok(RolloutMoved { row: Some(row), ..moved })
        })
    }

    pub(super) fn step_rollout(&mut self, step: &RolloutStep) -> Result<RolloutMoved, StateError> {
        self.write("move the rollout on", |connection, scope| {
            let mut moved = RolloutMoved::default();
            let Some(mut row) = row(connection, scope)?.filter(|row| row.files == step.files) else {
                return Ok(moved);
            };
            let before = row.clone();
            let (settings, at) = (&step.settings, step.at);
            let was_stuck = is_stuck(row.head(), evidence(connection, scope, &row)?);
            advance_rollout(connection, scope, &mut row, settings, at, &mut moved)?;
            if let Some((outlet, end, why)) = &step.pass
                && row.ended.is_none()
                && let Some(known) = member(connection, scope, outlet)?
            {
                let change = after_pass(known, row.head(), *end);
                let stop = put(connection, scope, outlet, change)?.then(|| why.clone());
                let stop = match stop {
                    None => alarm_of(connection, scope, &row, outlet, at)?,
                    stop => stop,
                };
                if let Some(why) = stop.filter(|_| row.stopped.is_none()) {
                    (row.stopped, row.why) = (Some(at), Some(why.clone()));
                    moved.stopped = Some(why);
                }
                advance_rollout(connection, scope, &mut row, settings, at, &mut moved)?;
            }
            if row != before {
                write(connection, scope, &row)?;
            }
            if !was_stuck && is_stuck(row.head(), evidence(connection, scope, &row)?) {
                moved.stuck = outlets_of(connection, scope, row.wave, 1)?.pop();
            }
            Ok(RolloutMoved { row: Some(row), ..moved })
        })
    }

    pub(super) fn stop_rollout(&mut self, why: Option<&str>, at: Timestamp) -> Result<Option<RolloutRow>, StateError> {
        self.write("stop or resume the rollout", |connection, scope| {
            let Some(before) = row(connection, scope)?.filter(|row| row.ended.is_none()) else { return Ok(None) };
            let stopped = why.map(|_| before.stopped.unwrap_or(at));
            write(connection, scope, &RolloutRow { stopped, why: why.map(str::to_owned), ..before.clone() })?;
            Ok(Some(before))
        })
    }
}

/// Moves a rollout on as far as it goes.
fn advance_rollout(
    connection: &Connection,
    scope: &Scope,
    row: &mut RolloutRow,
    settings: &Rollout,
    now: Timestamp,
    moved: &mut RolloutMoved,
) -> rusqlite::Result<()> {
    for _ in 0..MOST_ADVANCES {
        let Some(next) = advance(row.head(), evidence(connection, scope, row)?, settings.bake, now) else { break };
        // What is known by now stops it before anybody else is sent anything.
        if let Advance::Open(_) = next
            && let Some(why) = any_alarm(connection, scope, row, now)?
        {
            (row.stopped, row.why) = (Some(now), Some(why.clone()));
            moved.stopped = Some(why);
            break;
        }
        match next {
            Advance::MakeWaves => {
                row.waves = make_waves(connection, scope, settings)?;
                row.wave = row.waves.min(1);
                match row.wave {
                    0 => row.ended = Some(now),
                    wave => moved.opened.extend(outlets_of(connection, scope, wave, usize::MAX)?),
                }
            }
            Advance::Bake(until) => {
                row.baking_until = Some(until);
                let next = outlets_of(connection, scope, row.wave + 1, 1)?.pop();
                moved.next = next.map(|outlet| (outlet, until));
            }
            Advance::Open(wave) => {
                (row.wave, row.baking_until) = (wave, None);
                moved.opened.extend(outlets_of(connection, scope, wave, usize::MAX)?);
            }
            Advance::End => row.ended = Some(now),
        }
        moved.advances.push(next);
    }
    Ok(())
}

fn evidence(connection: &Connection, scope: &Scope, row: &RolloutRow) -> rusqlite::Result<Evidence> {
    let is_there = |condition: &str| {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM rollout_members WHERE platform = ?1 AND root = ?2 AND ?3 = ?3 AND {condition})"
        );
        let values = params![scope.platform, scope.root, row.wave as i64];
        connection.prepare_cached(&sql)?.query_row(values, |row| row.get::<_, bool>(0))
    };
    Ok(Evidence {
        awaited: is_there("state = 'awaited'")?,
        under_way: is_there("state IN ('waiting', 'on_its_way') AND wave = ?3")?,
        missed: is_there("state = 'missed' AND wave = ?3")?,
        seen: is_there("state = 'seen' AND wave = ?3")?,
        any_seen: is_there("state = 'seen' AND wave IS NOT NULL")?,
        left: is_there("state IN ('waiting', 'on_its_way', 'missed') AND wave > ?3")?,
        unseen: is_there("state <> 'seen'")?,
    })
}

/// An outlet of a rollout that another one takes the place of.
struct Earlier {
    state: MemberState,
    wants: String,
}

fn earlier_members(connection: &Connection, scope: &Scope) -> rusqlite::Result<HashMap<String, Earlier>> {
    let sql = "SELECT outlet, state, wants FROM rollout_members WHERE platform = ?1 AND root = ?2";
    let earlier = |row: &Row<'_>| Ok((row.get(0)?, Earlier { state: state_of(row, 1)?, wants: row.get(2)? }));
    connection.prepare_cached(sql)?.query_map([&scope.platform, &scope.root], earlier)?.collect()
}

/// Whether files say something else of all outlets that are held. What they do not define any more is held by nobody.
fn is_superseded(new: &NewRollout, earlier: &HashMap<String, Earlier>) -> bool {
    let held = |outlet: &RolloutOutlet| earlier.get(&outlet.outlet).filter(|known| known.state != MemberState::Seen);
    new.outlets.iter().all(|outlet| held(outlet).is_none_or(|known| known.wants != outlet.wants))
}

fn add_members(
    connection: &Connection,
    scope: &Scope,
    new: &NewRollout,
    (earlier, is_stopped): (Option<&HashMap<String, Earlier>>, bool),
    moved: &mut RolloutMoved,
) -> rusqlite::Result<()> {
    let members: HashMap<&str, Member> = new.members.iter().map(|(outlet, member)| (&**outlet, *member)).collect();
    let sql = "
        INSERT INTO rollout_members (platform, root, outlet, named, wants, wave, state, known)
        VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6, ?7)";
    let mut insert = connection.prepare_cached(sql)?;
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
        insert.execute(params![scope.platform, scope.root, outlet, named, wants, state.as_str(), known])?;
    }
    Ok(())
}

/// Of all that have not had their turn.
fn candidates(connection: &Connection, scope: &Scope) -> rusqlite::Result<Vec<Candidate>> {
    let sql = "
        SELECT outlet, named, known FROM rollout_members WHERE platform = ?1 AND root = ?2 AND state <> 'seen'";
    let candidate =
        |row: &Row<'_>| Ok(Candidate { outlet: OutletId(row.get(0)?), named: number(row, 1)?, known: row.get(2)? });
    connection.prepare_cached(sql)?.query_map([&scope.platform, &scope.root], candidate)?.collect()
}

fn make_waves(connection: &Connection, scope: &Scope, settings: &Rollout) -> rusqlite::Result<usize> {
    let waves = settings.assign(candidates(connection, scope)?);
    let sql = "UPDATE rollout_members SET wave = ?4 WHERE platform = ?1 AND root = ?2 AND outlet = ?3";
    let mut set = connection.prepare_cached(sql)?;
    for (wave, outlets) in (1_i64..).zip(&waves) {
        for outlet in outlets {
            set.execute(params![scope.platform, scope.root, outlet.as_str(), wave])?;
        }
    }
    Ok(waves.len())
}

/// Those of a wave that have not been seen, at most so many.
fn outlets_of(connection: &Connection, scope: &Scope, wave: usize, most: usize) -> rusqlite::Result<Vec<String>> {
    let sql = "
        SELECT outlet FROM rollout_members WHERE platform = ?1 AND root = ?2 AND wave = ?3 AND state <> 'seen'
        ORDER BY outlet LIMIT ?4";
    let values = params![scope.platform, scope.root, wave as i64, i64::try_from(most).unwrap_or(i64::MAX)];
    connection.prepare_cached(sql)?.query_map(values, |row| row.get(0))?.collect()
}

/// Whether the rollout stops.
fn put(connection: &Connection, scope: &Scope, outlet: &str, change: MemberChange) -> rusqlite::Result<bool> {
    let (member, stops) = match change {
        MemberChange::Keep => return Ok(false),
        MemberChange::Leave => {
            let sql = "DELETE FROM rollout_members WHERE platform = ?1 AND root = ?2 AND outlet = ?3";
            connection.prepare_cached(sql)?.execute([&scope.platform, &scope.root, outlet])?;
            return Ok(false);
        }
        MemberChange::Set(member) => (member, false),
        MemberChange::Stop(member) => (member, true),
    };
    let sql = "
        UPDATE rollout_members SET state = ?4, known = ?5 WHERE platform = ?1 AND root = ?2 AND outlet = ?3";
    let values = params![scope.platform, scope.root, outlet, member.state.as_str(), member.known];
    connection.prepare_cached(sql)?.execute(values)?;
    Ok(stops)
}

/// Why an outlet that was sent stops the rollout: an order that is not recognised, since it began.
fn alarm_of(
    connection: &Connection,
    scope: &Scope,
    row: &RolloutRow,
    outlet: &str,
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    let is_seen = member(connection, scope, outlet)?.is_some_and(|member| member.state == MemberState::Seen);
    let raised = if is_seen { alarm(connection, scope, outlet, now)? } else { None };
    Ok(raised.filter(|alarm| alarm.raised_at >= row.began).map(|alarm| format!("outlet {outlet}: {}", alarm.what)))
}

/// The same of all of them: alarms are few.
fn any_alarm(
    connection: &Connection,
    scope: &Scope,
    row: &RolloutRow,
    now: Timestamp,
) -> rusqlite::Result<Option<String>> {
    let sql = "
        SELECT alarms.outlet FROM alarms JOIN rollout_members AS members
            ON members.platform = alarms.platform AND members.root = ?2 AND members.outlet = alarms.outlet
        WHERE alarms.platform = ?1 AND members.state = 'seen' AND alarms.raised_at >= ?3 ORDER BY alarms.outlet";
    let values = params![scope.platform, scope.root, At(row.began)];
    let outlets: Vec<String> =
        connection.prepare_cached(sql)?.query_map(values, |row| row.get(0))?.collect::<Result<_, _>>()?;
    for outlet in outlets {
        if let Some(why) = alarm_of(connection, scope, row, &outlet, now)? {
            return Ok(Some(why));
        }
    }
    Ok(None)
}

fn row(connection: &Connection, scope: &Scope) -> rusqlite::Result<Option<RolloutRow>> {
    let sql = "SELECT * FROM rollouts WHERE platform = ?1 AND root = ?2";
    let row = |row: &Row<'_>| {
        Ok(RolloutRow {
            files: row.get("files")?,
            revision: row.get("revision")?,
            began: row.get::<_, At>("began")?.0,
            wave: row.get::<_, i64>("wave")?.unsigned_abs() as usize,
            waves: row.get::<_, i64>("waves")?.unsigned_abs() as usize,
            baking_until: moment(row, "baking_until")?,
            stopped: moment(row, "stopped")?,
            why: row.get("why")?,
            ended: moment(row, "ended")?,
        })
    };
    connection.prepare_cached(sql)?.query_row([&scope.platform, &scope.root], row).optional()
}

fn write(connection: &Connection, scope: &Scope, row: &RolloutRow) -> rusqlite::Result<()> {
    let RolloutRow { files, revision, began, wave, waves, baking_until, stopped, why, ended } = row;
    let sql = "
        INSERT OR REPLACE INTO rollouts
            (platform, root, files, revision, began, wave, waves, baking_until, stopped, why, ended)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let (wave, waves, until) = (*wave as i64, *waves as i64, baking_until.map(At));
    let (stopped, ended) = (stopped.map(At), ended.map(At));
    let values =
        params![scope.platform, scope.root, files, revision, At(*began), wave, waves, until, stopped, why, ended];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

fn member(connection: &Connection, scope: &Scope, outlet: &str) -> rusqlite::Result<Option<Member>> {
    let sql = "
        SELECT wave, state, known FROM rollout_members WHERE platform = ?1 AND root = ?2 AND outlet = ?3";
    let member = |row: &Row<'_>| Ok(Member { wave: number(row, 0)?, state: state_of(row, 1)?, known: row.get(2)? });
    connection.prepare_cached(sql)?.query_row([&scope.platform, &scope.root, outlet], member).optional()
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<usize>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|number| number.unsigned_abs() as usize))
}

fn count_of(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    Ok(row.get::<_, i64>(column)?.unsigned_abs() as usize)
}

fn state_of(row: &Row<'_>, column: usize) -> rusqlite::Result<MemberState> {
    let word: String = row.get(column)?;
    MemberState::parse(&word).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("`{word}` is unknown").into())
    })
}
