//! The sets of whole bands.
use musegan_corpus::sources::multitrack::files;
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
        .map(|f| format!("{} | {} | {} | {}", f.song, f.title, f.licence, f.attribution))
        .collect();
    assert_eq!(
        lines,
        [
            "45-Misty | Misty Forest | Artistic-1.0 | Gobanboshi, arranged by Phystam (Simutrans)",
            "d_dm2int | FTW | BSD-3-Clause | Lola (Freedoom)",
            "d_e1m1 | Steel by Night | BSD-3-Clause | A and B (Freedoom)",
            "mus_e1 | mus_e1 | BSD-3-Clause | contributors to the Blasphemer project; music by Jute \
         Gyte and ax34",
            "Boss 3 | Boss 3 | CC0-1.0 | Someoneman (EasyRPG RTP)",
        ]
    );
}
