//! The sets of whole bands.
use musegan_corpus::sources::{all, multitrack::files};
use tempfile::TempDir;

use super::write;

#[test]
fn every_file_has_its_author_and_licence_from_its_own_set() {
    let folder = TempDir::new().unwrap();
    let (folder, midi) = (folder.path(), b"MThd");
    for file in [
        "freedoom_head/freedoom/musics/d_e1m1.mid",
        "freedoom_head/freedoom/musics/d_dm2int.mid",
        "easyrpg_rtp/Music/Boss 3.mid",
        "simutrans_music/simutrans/music/45-Misty.mid",
        "blasphemer/musics/mus_e1.mid",
        "elsewhere/other.mid",
    ] {
        write(folder, file, midi);
    }
    write(
        folder,
        "freedoom_head/freedoom/CREDITS-MUSIC",
        "--Phase 1--\n\nEpisode 1\n\tE1M1: \"Steel by Night\" by A and B\n--Phase 2--\n\
         Intermission: \"FTW\" by Lola\n--Previously Featured in 0.1--\nE1M1: \"Old\" by C\n",
    );
    write(
        folder,
        "easyrpg_rtp/AUTHORS.md",
        "├⠀ `Boss 3.mid` | 2022 | Someoneman [cc0] | https://a.b\n",
    );
    let tab = "# 4. Arranger\nmusic/45-Misty.mid\nMisty Forest\nGobanboshi\nPhystam\n";
    write(folder, "simutrans_music/simutrans/music/music.tab", tab);
    let found = files(folder).unwrap();
    let lines: Vec<_> = found
        .iter()
        .map(|f| format!("{} | {} | {} | {}", f.song, f.title, f.licence, f.author))
        .collect();
    assert_eq!(
        lines,
        [
            "45-Misty | Misty Forest | Artistic-1.0 | Gobanboshi, arranged by Phystam",
            "d_dm2int | FTW | BSD-3-Clause | Lola",
            "d_e1m1 | Steel by Night | BSD-3-Clause | A and B",
            "mus_e1 | mus_e1 | BSD-3-Clause | ",
            "Boss 3 | Boss 3 | CC0-1.0 | Someoneman",
        ]
    );
    let attribution = |song: &str| {
        found.iter().find(|file| file.song == song).map(|file| file.attribution.as_str()).unwrap()
    };
    for words in ["A and B; Freedoom", "copyright (c) 2001", "https://freedoom.github.io"] {
        assert!(attribution("d_e1m1").contains(words), "{}", attribution("d_e1m1"));
    }
    assert!(attribution("mus_e1").starts_with("Blasphemer"), "{}", attribution("mus_e1"));
    assert!(!attribution("Boss 3").contains("licenses/by/"), "it is free of conditions");
}

#[test]
fn what_must_be_named_is_in_the_attribution_of_every_source() {
    for info in all() {
        let credit = info.credit();
        assert!(credit.contains(info.name) && credit.contains("https://"), "{credit}");
        if matches!(info.licence, "MIT" | "BSD-3-Clause") {
            assert!(credit.contains("copyright (c)"), "{credit}");
        }
    }
    let drummers = musegan_corpus::drummers::INFO;
    assert_eq!(drummers.licence, "CC-BY-4.0");
    for words in ["Google LLC", "https://creativecommons.org/licenses/by/4.0/", "changed"] {
        assert!(drummers.credit().contains(words), "{words} is missing");
    }
    let folder = TempDir::new().unwrap();
    write(folder.path(), "easyrpg/Music/Town.mid", b"MThd");
    let found = files(folder.path()).unwrap();
    assert_eq!(found[0].licence, "CC-BY-4.0");
    assert!(found[0].attribution.contains("https://creativecommons.org/licenses/by/4.0/"));
}
