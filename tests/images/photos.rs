//! `photos`: local files, looked at and copied; nothing else is ever touched.

use std::{fs, io::Cursor, os::unix::fs::symlink, path::PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, load_from_memory};
use insta::assert_snapshot;
use serde_json::Value;

use crate::harness::{Bench, Ran, png};

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let part = |at: u32, of: u32| u8::try_from(at * 255 / of).unwrap();
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([part(x, width), part(y, height), 90]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn webp(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, ImageFormat::WebP)
}

fn bench() -> Bench {
    let bench = Bench::with_settings("images: {base_url: 'https://img.example.com/'}\n");
    bench.outlet(&["photos/ng.webp", "photos/soto.jpg"]);
    bench
}

impl Bench {
    fn photo(&self, name: &str) -> PathBuf {
        self.root().join("photos").join(name)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.photo(name)).unwrap()
    }

    /// All names in the directory.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root().join("photos")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn photos(&self, more: &[&str]) -> Told {
        let ran = self.run(&[&["photos", "--output", "json"], more].concat());
        Told { json: serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.err)), ran }
    }
}

struct Told {
    json: Value,
    ran: Ran,
}

impl Told {
    fn of(&self, name: &str) -> &Value {
        let photos = self.json["photos"].as_array().unwrap();
        photos.iter().find(|photo| photo["file"] == format!("photos/{name}")).unwrap_or_else(|| panic!("no {name}"))
    }

    fn states(&self) -> Vec<String> {
        let photos = self.json["photos"].as_array().unwrap().iter();
        photos
            .map(|photo| format!("{} {}", photo["file"].as_str().unwrap(), photo["state"].as_str().unwrap()))
            .collect()
    }
}

/// The sizes of files are the encoder's business.
fn without_sizes(text: &str) -> String {
    let words = text.split(' ').collect::<Vec<_>>();
    let is_size = |at: usize| words.get(at + 1).is_some_and(|next| next.starts_with("kB"));
    let shown = words.iter().enumerate().map(|(at, word)| if is_size(at) { "N" } else { *word });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_refused_is_told_and_copied_and_the_copy_is_what_the_menu_can_have() {
    let bench = bench();
    bench.write("photos/ng.webp", webp(420, 400));
    bench.write("photos/soto.jpg", picture(400, 300, ImageFormat::Jpeg));
    bench.write("photos/teh.png", png(500, 500));
    bench.write("photos/small.png", png(100, 100));
    bench.write("photos/cut.png", &png(400, 400)[..50]);
    bench.write("photos/phone.heic", b"\0\0\0\x18ftypheic");
    bench.write("photos/notes.txt", "more");
    let told = bench.run(&["photos"]);
    assert_eq!(told.code, 3);
    assert_snapshot!("told", without_sizes(&told.out));
    let originals = bench.names();
    let fixed = bench.run(&["photos", "--fix"]);
    assert_eq!(fixed.code, 3, "the files name what GoFood refuses still");
    assert_snapshot!("fixed", without_sizes(&fixed.out));
    assert_eq!(bench.names().len(), originals.len() + 2);

    for name in ["cut.png", "phone.heic"] {
        fs::remove_file(bench.photo(name)).unwrap();
    }
    bench.outlet(&["photos/ng.jpg", "photos/soto-fit.jpg"]);
    assert_eq!(bench.validate(&[]).errors(), [""; 0]);
    let told = bench.photos(&["--fix"]);
    assert_eq!((told.ran.code, told.of("ng.webp")["state"].as_str()), (0, Some("replaced")), "{:#}", told.json);
    assert_eq!(told.of("ng.jpg")["uses"][0]["dishes"], serde_json::json!(["Nasi 0"]));
}

#[test]
fn no_file_is_overwritten_but_an_unchanged_copy_of_the_same_photo() {
    let bench = bench();
    bench.write("photos/ng.webp", webp(40, 20));
    bench.write("photos/ng.jpg", "somebody's");
    bench.write("elsewhere.jpg", "elsewhere");
    symlink(bench.root().join("elsewhere.jpg"), bench.photo("ng-fit.jpg")).unwrap();
    let first = bench.photos(&["--fix"]);
    assert_eq!(first.of("ng.webp")["copy"]["file"], "photos/ng-fit-2.jpg");
    assert_eq!(first.of("ng.webp")["uses"][0]["instead"], "photos/ng-fit-2.jpg");
    assert_eq!(
        (bench.bytes("ng.jpg"), fs::read(bench.root().join("elsewhere.jpg")).unwrap()),
        (b"somebody's".to_vec(), b"elsewhere".to_vec())
    );

    let copy = bench.bytes("ng-fit-2.jpg");
    let again = bench.photos(&["--fix"]);
    assert_eq!((&again.of("ng.webp")["copy"]["is_new"], bench.bytes("ng-fit-2.jpg")), (&false.into(), copy.clone()));
    assert_eq!(bench.photos(&["--fix", "--pad"]).of("ng.webp")["copy"]["is_new"], true);
    let padded = bench.bytes("ng-fit-2.jpg");
    assert_eq!((load_from_memory(&copy).unwrap().width(), load_from_memory(&padded).unwrap().width()), (20, 40));
    assert_eq!(bench.photos(&["--fix"]).of("ng.webp")["copy"]["is_new"], false, "a copy that is there stays");
    assert_eq!(bench.bytes("ng-fit-2.jpg"), padded);

    // Edited by hand: it is somebody's work now.
    let edited = [&padded[..padded.len() - 2], b"\xff\xfe\x00\x02", &padded[padded.len() - 2..]].concat();
    bench.write("photos/ng-fit-2.jpg", &edited);
    assert_eq!(bench.photos(&["--fix", "--pad"]).of("ng.webp")["copy"]["file"], "photos/ng-fit-3.jpg");
    // Another photo under the old name: its copy is another one.
    bench.write("photos/ng.webp", webp(30, 20));
    let other = bench.photos(&["--fix"]);
    assert_eq!(other.of("ng.webp")["copy"]["file"], "photos/ng-fit-4.jpg");
    assert_eq!((bench.bytes("ng-fit-2.jpg"), bench.bytes("ng-fit-3.jpg")), (edited, padded));
    for number in 5..9 {
        bench.write(&format!("photos/ng-fit-{number}.jpg"), "taken");
    }
    bench.write("photos/ng.webp", webp(50, 20));
    let full = bench.photos(&["--fix"]);
    assert_eq!(full.of("ng.webp")["no_copy"], "every name that a copy may have is taken");
    assert!(!bench.names().iter().any(|name| name.starts_with('.')), "nothing half-written is left");
}

#[test]
fn two_photos_of_one_name_get_two_copies_whatever_is_done_first() {
    let bench = bench();
    bench.write("photos/ng.webp", webp(40, 20));
    bench.write("photos/ng.png", picture(20, 40, ImageFormat::Png));
    bench.write("photos/NG.JPG", picture(20, 40, ImageFormat::Jpeg));
    let told = bench.photos(&["--fix"]);
    let copies = ["NG.JPG", "ng.png", "ng.webp"].map(|name| told.of(name)["copy"]["file"].as_str().unwrap().to_owned());
    assert_eq!(copies, ["photos/NG-fit.jpg", "photos/ng.jpg", "photos/ng-fit.jpg"]);
}

#[test]
fn what_cannot_be_looked_at_is_named_and_the_others_go_on() {
    let bench = bench();
    bench.write("photos/ng.webp", webp(40, 20));
    bench.write("photos/soto.jpg", include_bytes!("../../fuzz/corpus/photo/bomb.png"));
    bench.write("photos/large.jpg", vec![0xff; 33 * 1024 * 1024]);
    bench.write("photos/bomb.webp", include_bytes!("../../fuzz/corpus/photo/bomb.webp"));
    bench.write("photos/wrong.webp", b"RIFF\x10\0\0\0WEBPVP8L\0\0\0\0");
    symlink("/etc/hostname", bench.photo("out.jpg")).unwrap();
    symlink("gone.jpg", bench.photo("broken.jpg")).unwrap();
    symlink("/etc", bench.photo("etc")).unwrap();
    fs::create_dir(bench.photo("folder.jpg")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(bench.photo("pipe.jpg")).status().unwrap();
    assert!(made.success());
    let told = bench.photos(&["--fix"]);
    let unreadable = |name: &str| told.of(name)["error"].as_str().unwrap_or_else(|| panic!("{name}")).to_owned();
    assert!(unreadable("large.jpg").contains("more than 32 MB"));
    assert!(unreadable("out.jpg").contains("leads out of the directory"));
    assert!(unreadable("broken.jpg").contains("does not exist"));
    assert!(unreadable("etc").contains("link to a directory"));
    assert!(unreadable("pipe.jpg").contains("not a regular file"));
    let no_copy = |name: &str| told.of(name)["no_copy"].as_str().unwrap_or_else(|| panic!("{name}")).to_owned();
    assert!(no_copy("bomb.webp").contains("16383 × 16383 pixels"));
    assert!(no_copy("wrong.webp").contains("is broken"));
    assert_eq!(told.of("ng.webp")["copy"]["is_new"], true);
    assert_eq!((told.ran.code, bench.names().len()), (3, 11), "{:?}", bench.names());
    fs::remove_file(bench.photo("bomb.webp")).unwrap();
    fs::remove_file(bench.photo("wrong.webp")).unwrap();
    bench.outlet(&["photos/ng.jpg"]);
    assert_eq!(bench.photos(&[]).ran.code, 1, "what could not be looked at may be anything");
}

/// A layer of a later season.
const LATER: &str = "from: 2999-01-01T00:00\nmenus: [{name: Takjil, menu_items: [{external_id: K, name: Kolak, price: \
                     9000, image: photos/feast.png}]}]\n";

#[test]
fn who_has_a_photo_is_known_from_now_on_or_not_at_all() {
    let bench = bench();
    bench.outlet(&["photos/plain", "./photos//ng.webp"]);
    bench.extend("later.yaml");
    bench.write("catalogs/later.yaml", LATER);
    for name in ["plain", "feast.png", "nobody.png"] {
        bench.write(&format!("photos/{name}"), png(500, 500));
    }
    bench.write("photos/ng.webp", webp(40, 20));
    let told = bench.photos(&["--fix"]);
    let line = |name: &str| told.of(name)["uses"][0]["file"].as_str().map(str::to_owned);
    assert_eq!(line("plain").as_deref(), Some("catalogs/outlet.yaml"));
    assert_eq!(line("feast.png").as_deref(), Some("catalogs/later.yaml"));
    assert_eq!((line("nobody.png"), &told.json["known_uses"]), (None, &"all".into()));
    assert_eq!(told.of("ng.webp")["uses"][0]["instead"], "./photos/ng.jpg");
    let text = bench.run(&["photos"]).out;
    assert!(text.contains("nobody.png: good, 500 × 500 pixels, 2 kB, no dish has it"), "{text}");

    // A file that cannot be read may name any photo: none is called unused, and no copy is taken for a replacement.
    bench.outlet(&["photos/plain"]);
    assert_eq!(bench.photos(&[]).of("ng.webp")["state"], "replaced");
    bench.write("catalogs/broken.yaml", "outlet: [\n");
    let told = bench.photos(&[]);
    assert_eq!((&told.json["known_uses"], &told.of("ng.webp")["state"]), (&"some".into(), &"refused".into()));
    assert_eq!(told.ran.code, 3);
    let text = bench.run(&["photos"]).out;
    assert!(!text.contains("no dish has") && text.contains("in part only"), "{text}");
}

#[test]
fn a_directory_outside_of_the_root_is_looked_at_and_the_root_says_nothing_of_it() {
    let bench = bench();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("photos")).unwrap();
    fs::write(outside.path().join("photos/ng.webp"), webp(40, 20)).unwrap();
    let dir = outside.path().join("photos").display().to_string();
    let told = bench.photos(&[&dir, "--fix"]);
    assert_eq!((&told.json["known_uses"], told.ran.code), (&"none".into(), 0), "{:#}", told.json);
    let photo = &told.json["photos"][0];
    assert_eq!((&photo["file"], photo["uses"].to_string()), (&format!("{dir}/ng.webp").into(), "[]".to_owned()));
    assert!(outside.path().join("photos/ng.jpg").is_file() && !bench.root().join("photos").exists());
    let missing = bench.run(&["photos"]);
    assert!(missing.code == 1 && missing.err.contains("`menusync photos DIR`"), "{}", missing.err);
}

#[test]
fn settings_say_how_bad_a_thing_is() {
    let bench = Bench::with_settings("rules: {image-ratio: off}\n");
    bench.write("catalogs/outlet.yaml", "outlet: G1\nmenus: []\n");
    bench.write("photos/wide.jpg", picture(800, 400, ImageFormat::Jpeg));
    let told = bench.photos(&["--fix"]);
    assert_eq!((told.states(), told.ran.code), (vec!["photos/wide.jpg good".to_owned()], 0));
    assert_eq!(bench.names(), ["wide.jpg"]);
}

#[test]
fn the_contact_sheet_is_one_file_and_names_are_only_text() {
    let bench = bench();
    let hostile = "<img src=x onerror=alert(1)>\u{202e}';.webp";
    bench.write(&format!("photos/{hostile}"), webp(40, 20));
    bench.write("photos/ng.webp", webp(40, 20));
    bench.run(&["photos", "--fix", "--output", "html=../sheet.html"]);
    let sheet = fs::read_to_string(bench.root().join("../sheet.html")).unwrap();
    assert!(sheet.contains("&lt;img src=x onerror=alert(1)&gt;\\u{202e}"), "{sheet}");
    for bad in ["<img", "<script", "\u{202e}", "src=\"", "http://", "https://"] {
        assert!(!sheet.contains(bad), "{bad}: {sheet}");
    }
    assert!(sheet.contains("default-src 'none'") && sheet.contains("data:image/jpeg;base64,"));
    assert!(sheet.contains("image: photos/ng.jpg") && sheet.contains("GoFood refuses it"));
    bench.write("menusync.yaml", "target: sandbox\nlang: id\n");
    let sheet = bench.run(&["photos", "--output", "html"]).out;
    assert!(sheet.contains("lang=\"id\"") && sheet.contains("ditolak GoFood") && sheet.contains("Foto harus JPEG"));
    // What a terminal shows does not turn the line round either, and the line to write is YAML.
    bench.outlet(&["photos/it's: #1.webp"]);
    bench.write("photos/it's: #1.webp", webp(40, 20));
    let text = bench.run(&["photos", "--fix"]).out;
    assert!(!text.contains('\u{202e}') && text.contains("write `image: \"photos/it's: #1.jpg\"` at"), "{text}");
}
