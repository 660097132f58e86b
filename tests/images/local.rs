//! Image files of the root are looked at from disk, offline, by plain `validate`.

use crate::harness::{Bench, png};

fn bench() -> Bench {
    Bench::with_settings("images: {base_url: 'https://img.example.com/'}\n")
}

#[test]
fn a_good_file_gives_nothing_and_is_published_with_its_hash() {
    let bench = bench();
    bench.write("photos/a.png", png(400, 400));
    bench.outlet(&["photos/a.png"]);
    assert_eq!(bench.validate(&[]).codes(), [] as [&str; 0]);
    let body = bench.run(&["render", "--outlet", "G1", "--output", "json"]).out;
    assert!(body.contains("https://img.example.com/photos/a.png?v="), "{body}");
}

#[test]
fn a_bad_file_is_told_without_fetching() {
    for (bytes, code) in [
        (png(400, 300), "image-ratio"),
        (b"<svg/>".to_vec(), "image-type"),
        (png(400, 400)[..50].to_vec(), "image-truncated"),
    ] {
        let bench = bench();
        bench.write("photos/a.png", &bytes);
        bench.outlet(&["photos/a.png", "photos/a.png"]);
        let ran = bench.validate(&[]);
        assert!(ran.errors().contains(&code.to_owned()), "{code}: {:?}", ran.codes());
        assert_eq!(ran.codes().iter().filter(|told| *told == code).count(), 1);
        let told = ran.told(code);
        assert_eq!((&told["line"], told["related"].as_array().unwrap().len()), (&7.into(), 1));
    }
}

#[test]
fn files_of_the_root_are_not_fetched_before_they_are_published() {
    let bench = bench();
    bench.write(
        "menusync.yaml",
        format!("target: sandbox\nimages: {{base_url: '{}'}}\nrules: {{description-missing: off}}\n", bench.url()),
    );
    bench.write("photos/a.png", png(400, 400));
    bench.outlet(&["photos/a.png"]);
    assert!(!bench.validate(&["--images"]).codes().contains(&"image-not-found".to_owned()));
}
