//! Runs on many threads, runs that are killed, runs on many machines: the same bytes each time.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{Workplace, contents, mid};

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let place = Workplace::new();
    for song in 0..30 {
        place.write(&format!("midi/{song}.mid"), mid(song..song + 2));
    }
    for (threads, output) in [(1, "one"), (4, "four")] {
        let arguments = format!("prepare --input midi --output {output} --threads {threads}");
        assert_eq!(place.run(&arguments).code, 0);
    }
    assert_eq!(contents(&place.path("one")), contents(&place.path("four")));
}

#[test]
fn a_dataset_within_the_folder_that_it_is_made_of_is_no_part_of_it() {
    let place = Workplace::new();
    place.write("midi/song.mid", mid(0..2));
    place.write("midi/readme.txt", "no music");
    place.succeed("prepare --input midi --output midi/data");
    let first = contents(&place.path("midi/data"));
    // What a killed run leaves, too.
    place.write("midi/data.unfinished/left/onset.bin", "half a shard");
    let again = place.succeed("prepare --input midi --output midi/data --force");
    assert_eq!(contents(&place.path("midi/data")), first, "{}", again.stdout);
    assert!(!place.path("midi/data.unfinished").exists());
}

#[test]
fn four_shares_joined_are_one_run_and_a_missing_one_is_missed() {
    let place = Workplace::new();
    for song in 0..40 {
        place.write(&format!("midi/{}/{song}.mid", song % 3), mid(song..song + 3));
    }
    place.write("midi/bad.mid", "no music");
    place.write("midi/readme.txt", "no music");
    let packed: Vec<_> =
        (0..9).map(|song| (format!("{song}.mid"), mid(50 + song..52 + song))).collect();
    let packed: Vec<(&str, &[u8])> =
        packed.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    place.write("midi/more.zip", super::archives::zip(&packed));
    place.succeed("prepare --input midi --output whole");
    for share in 1..=4 {
        let outcome =
            place.succeed(&format!("prepare --input midi --output s{share} --shard {share}/4"));
        assert!(outcome.stdout.contains(&format!("share {share}/4")), "{}", outcome.stdout);
    }
    place.fail("merge --input s1 s2 s4 --output joined", 1, &["share 3 of 4 is missing"]);
    place.fail("merge --input s1 s1 s2 s3 s4 --output joined", 1, &["same files"]);
    place.succeed("merge --input s3 s1 s4 s2 --output joined");
    assert_eq!(contents(&place.path("whole")), contents(&place.path("joined")));
    place.fail("merge --input whole --output other", 1, &["whole holds no share", "--shard"]);
}

#[test]
fn a_run_that_was_killed_goes_on_and_gives_the_same_bytes() {
    let place = Workplace::new();
    for song in 0..500u16 {
        let from = (song % 90) as u8;
        place.write(&format!("midi/{song:03}.mid"), mid(from..from + 90));
    }
    place.succeed("prepare --input midi --output whole");

    let mut run = Command::new(env!("CARGO_BIN_EXE_musegan-train"))
        .args("prepare --input midi --output data --threads 1".split(' '))
        .current_dir(place.path(""))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let journal = place.path("data.unfinished/journal");
    let began = Instant::now();
    while fs::metadata(&journal).map_or(0, |found| found.len()) < 1 << 20 {
        assert!(began.elapsed() < Duration::from_secs(60), "no journal was written");
        assert!(run.try_wait().unwrap().is_none(), "it was done before it could be killed");
        std::thread::sleep(Duration::from_millis(1));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(!place.path("data").exists());

    let outcome = place.succeed("prepare --input midi --output data");
    let prepared = outcome.stdout.lines().find(|line| line.contains("files prepared in")).unwrap();
    let prepared: usize = prepared.split(' ').next().unwrap().parse().unwrap();
    assert!((1..500).contains(&prepared), "{prepared} of 500 were prepared again");
    assert_eq!(contents(&place.path("whole")), contents(&place.path("data")));
    assert!(!place.path("data.unfinished").exists());
}

#[test]
fn unfinished_work_on_something_else_is_not_gone_on_with_unless_forced() {
    let place = Workplace::new();
    place.write("midi/a.mid", mid(0..1));
    place.succeed("prepare --input midi --output share --shard 1/1");
    // `1/1` is all of it, and gives the dataset.
    assert!(place.path("share/index.json").exists());

    place.succeed("prepare --input midi --output half --shard 1/2");
    place.write("midi/b.mid", mid(1..2));
    let words = ["half", "inputs", "remove the folder"];
    place.fail("prepare --input midi --output half --shard 1/2", 1, &words);
    place.succeed("prepare --input midi --output half --shard 1/2 --force");
    let again = "prepare --input midi --output half --shard 1/2 --stride bar";
    place.fail(again, 1, &["half", "settings"]);
}
