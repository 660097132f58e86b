//! A platform that is down, or asks for patience, is left alone by all outlets together.

use std::time::Duration;

use super::{
    super::{Client, Read, Retry, Write},
    busy,
    fake::{Fake, reply},
    menu,
};
use uuid::Uuid;

use crate::catalog::OutletId;

fn outlets(count: usize) -> Vec<OutletId> {
    (1..=count).map(|number| OutletId(format!("G{number}"))).collect()
}

/// Reads all outlets, eight at a time as a daemon does; those whose call was not sent.
async fn turned_away(client: &Client, count: usize) -> usize {
    let (reader, mut turned_away) = (client.reader(), 0);
    for chunk in outlets(count).chunks(8) {
        let mut reads = tokio::task::JoinSet::new();
        for outlet in chunk {
            let (reader, outlet) = (reader.clone(), outlet.clone());
            reads.spawn(async move { reader.fetch(&outlet).await });
        }
        let ends = reads.join_all().await;
        turned_away += ends.iter().filter(|end| end.as_ref().is_err_and(|error| error.was_turned_away())).count();
    }
    turned_away
}

#[tokio::test]
async fn a_dead_platform_costs_a_few_calls_and_not_five_for_each_of_three_hundred_outlets() {
    let fake = Fake::answering((0..1500).map(|_| busy("503 Service Unavailable"))).await;
    let turned_away = turned_away(&fake.client(), 300).await;
    assert!(turned_away >= 292, "{turned_away}");
    let calls = fake.lines().len();
    assert!(calls <= 5 * 8, "{calls} calls");
}

#[tokio::test]
async fn one_dead_outlet_is_tried_five_times_each_pass_and_keeps_no_other_from_its_turn() {
    let fake = Fake::answering((0..50).map(|_| busy("503 Service Unavailable"))).await;
    let client = fake.client();
    let dead = OutletId("G1".to_owned());
    for _ in 0..10 {
        assert!(!client.reader().fetch(&dead).await.unwrap_err().was_turned_away());
    }
    assert_eq!(turned_away(&client, 20).await, 0);
}

#[tokio::test]
async fn patience_that_one_is_asked_for_is_had_by_all_and_a_write_that_is_not_sent_was_not_done() {
    let fake = Fake::answering([reply("429 Too Many Requests", "retry-after: 120\r\n", "")]).await;
    let client = fake.client();
    let asked = client.reader().fetch(&OutletId("G1".to_owned())).await.unwrap_err();
    assert_eq!(asked.retry, Retry::After(Some(Duration::from_secs(120))));
    let calls = fake.lines().len();
    let error = client.reader().fetch(&OutletId("G2".to_owned())).await.unwrap_err();
    let Retry::NotBefore(rest) = error.retry else { panic!("{error:?}") };
    assert!(rest > Duration::from_secs(100) && !error.is_final());
    assert!(error.what.contains("(Retry-After); next try in"), "{error}");
    let unsent = client
        .writer(crate::remote::unfenced())
        .put_catalog(&OutletId("G3".to_owned()), Uuid::nil(), &menu())
        .await
        .unwrap_err();
    assert!(unsent.was_turned_away() && !unsent.may_have_been_done(), "{unsent:?}");
    assert_eq!(fake.lines().len(), calls, "nothing is sent meanwhile");
}

#[tokio::test]
async fn a_push_does_not_wait_with_what_it_read_before() {
    let fake = Fake::answering([reply("429 Too Many Requests", "retry-after: 30\r\n", "")]).await;
    let writer = fake.client().writer(crate::remote::unfenced());
    let asked = writer.put_catalog(&OutletId("G1".to_owned()), Uuid::nil(), &menu()).await.unwrap_err();
    assert_eq!(asked.retry, Retry::After(Some(Duration::from_secs(30))));
    let unsent = writer.put_catalog(&OutletId("G2".to_owned()), Uuid::nil(), &menu()).await.unwrap_err();
    assert!(unsent.was_turned_away(), "{unsent:?}");
}

#[tokio::test]
async fn a_host_that_asks_for_years_is_obeyed_for_a_quarter_of_an_hour_and_a_person_can_end_that() {
    let silence = || reply("503 Service Unavailable", "retry-after: 99999999\r\n", "");
    let fake = Fake::answering([silence(), silence()]).await;
    let client = fake.client();
    let reader = client.reader();
    let outlet = OutletId("G1".to_owned());
    let asked = reader.fetch(&outlet).await.unwrap_err();
    assert_eq!(asked.retry, Retry::After(Some(Duration::from_secs(900))));
    let turned_away = reader.fetch(&outlet).await.unwrap_err();
    assert!(turned_away.what.contains("rate-limited by 127.0.0.1:"), "{turned_away}");
    assert!(matches!(turned_away.retry, Retry::NotBefore(rest) if rest <= Duration::from_secs(900)));
    let calls = fake.lines().len();
    reader.clear_rate_limits();
    assert!(!reader.fetch(&outlet).await.unwrap_err().was_turned_away());
    assert_eq!(fake.lines().len(), calls + 1);
}
