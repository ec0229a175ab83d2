//! What a part's name says it plays: in several languages, abbreviated, or as sequencers and
//! General MIDI name their patches.
//!
//! What must stay true: the order of the table decides between words that contain each other
//! ("bass drum", "bassoon", "bass guitar"), so what is more particular comes first.
use std::sync::LazyLock;

use super::Plays;

/// Words that may stand anywhere in a name, and short ones that must stand alone.
struct Words {
    plays: Plays,
    anywhere: &'static [&'static str],
    alone: &'static [&'static str],
}

const fn words(
    plays: Plays,
    anywhere: &'static [&'static str],
    alone: &'static [&'static str],
) -> Words {
    Words { plays, anywhere, alone }
}

use Plays::{Drums, Program};

/// Lower case, without diacritics where the alphabet is Latin.
const TABLE: &[Words] = &[
    words(
        Program(122),
        &[
            "sound effect",
            "sound fx",
            "noise",
            "seashore",
            "helicopter",
            "applause",
            "gunshot",
            "gun shot",
            "telephone",
            "bird tweet",
            "rev cym",
            "reverse cym",
            "breath",
        ],
        &["sfx"],
    ),
    words(Program(114), &["steel drum", "steeldrum", "steelpan"], &[]),
    words(Program(47), &["timpan", "pauke", "timbal", "литавр", "ティンパニ"], &[]),
    words(Program(11), &["vibra", "vibe"], &[]),
    words(Program(12), &["marimba"], &[]),
    words(Program(13), &["xylo", "xilo"], &[]),
    words(Program(9), &["glocken", "music box"], &["glock"]),
    words(Program(8), &["celest"], &[]),
    words(Program(15), &["dulcimer", "hackbrett"], &["dulc"]),
    words(Program(108), &["kalimba"], &[]),
    words(Program(116), &["taiko", "melodic tom", "woodblock", "wood block", "agogo"], &[]),
    words(
        Drums,
        &[
            "drum",
            "percus",
            "perkus",
            "perkuss",
            "kick",
            "snare",
            "hihat",
            "hi-hat",
            "hi hat",
            "cymbal",
            "batteri",
            "bateri",
            "schlagz",
            "schlagw",
            "trommel",
            "trummor",
            "slagverk",
            "conga",
            "bongo",
            "shaker",
            "tambourin",
            "tamburin",
            "cowbell",
            "handclap",
            "hand clap",
            "ударн",
            "барабан",
            "перкус",
            "ドラム",
            "パーカッション",
            "鼓",
            "打击",
            "打擊",
            "드럼",
            "타악",
        ],
        &["dr", "drm", "drms", "drs", "drumz", "kit", "perc", "prc", "toms", "bd", "sd", "hh"],
    ),
    words(Program(14), &["bells", "campan", "cloche", "tubular", "carillon"], &["bell", "bellz"]),
    words(Program(70), &["bassoon", "fagott", "fagot", "basson"], &["bsn", "fg"]),
    words(Program(71), &["clarin", "klarin", "кларнет"], &["cl", "clar"]),
    words(Program(69), &["english horn", "cor anglais", "englischhorn"], &[]),
    words(Program(68), &["oboe", "hautbois", "гобой"], &["ob"]),
    words(Program(66), &["sax", "саксоф", "サックス", "색소폰"], &[]),
    words(Program(22), &["harmonica", "mundharm", "armonica", "blues harp"], &[]),
    words(Program(21), &["accord", "akkord", "acord", "bandoneon", "fisarm", "аккорд"], &[]),
    words(
        Program(73),
        &[
            "flute",
            "flote",
            "floete",
            "flaut",
            "flet",
            "piccolo",
            "recorder",
            "whistle",
            "ocarina",
            "shakuhachi",
            "флейт",
            "フルート",
            "长笛",
            "플루트",
        ],
        &["fl", "flt", "picc"],
    ),
    words(Program(57), &["trombon", "posaun", "тромбон"], &["tbn", "trb"]),
    words(
        Program(56),
        &["trumpet", "trompet", "tromba", "cornet", "труб", "トランペット", "小号"],
        &["tpt", "trp", "trpt"],
    ),
    words(Program(58), &["tuba"], &[]),
    words(
        Program(61),
        &["brass", "blaser", "blaeser", "cuivre", "metales", "ottoni", "metais", "ブラス"],
        &["brs"],
    ),
    words(
        Program(60),
        &["french horn", "horns", "waldhorn", "валторн"],
        &["horn", "corno", "corni", "cor", "hrn", "fhn"],
    ),
    words(
        Program(43),
        &["contrab", "kontrab", "double bass", "doublebass", "upright bass"],
        &["cb"],
    ),
    words(
        Program(33),
        &["bass", "baixo", "ベース", "贝斯", "貝斯", "低音", "베이스", "бас-", "бас "],
        &["bas", "base", "bs", "bss", "basu", "bajo", "бас", "bgtr", "gitbass"],
    ),
    words(Program(105), &["banjo"], &[]),
    words(Program(104), &["sitar"], &[]),
    words(Program(107), &["koto", "shamisen"], &[]),
    words(Program(46), &["harfe", "arpa"], &["harp", "harpe"]),
    words(
        Program(27),
        &[
            "guit",
            "gitar",
            "gitaar",
            "chitarr",
            "gtr",
            "violao",
            "ukulele",
            "mandolin",
            "bouzouki",
            "lute",
            "stratoc",
            "telecast",
            "distort",
            "overdriv",
            "power chord",
            "powerchord",
            "гитар",
            "ギター",
            "吉他",
            "기타",
        ],
        &["gt", "gui", "gtrs", "dist", "ovr", "od", "nylon", "strat", "gits", "git"],
    ),
    words(
        Program(16),
        &["orgel", "orgue", "hammond", "drawbar", "орган", "オルガン", "风琴", "오르간", "organ"],
        &["org", "orgao", "b3", "leslie"],
    ),
    words(
        Program(6),
        &["harpsi", "cembalo", "clavecin", "clavicemb", "klawesyn", "clavinet"],
        &["clav", "clavi"],
    ),
    words(
        Program(0),
        &[
            "piano",
            "pianin",
            "klavier",
            "clavier",
            "klaver",
            "flugel",
            "fluegel",
            "keyboard",
            "rhodes",
            "wurli",
            "tastier",
            "teclad",
            "tasten",
            "fortepian",
            "left hand",
            "right hand",
            "linke hand",
            "rechte hand",
            "main gauche",
            "main droite",
            "пиан",
            "форте",
            "рояль",
            "клавиш",
            "ピアノ",
            "钢琴",
            "鋼琴",
            "피아노",
        ],
        &[
            "pno", "pn", "pf", "pft", "pia", "ep", "epno", "keys", "key", "kbd", "kb", "kbds",
            "lh", "rh",
        ],
    ),
    words(
        Program(48),
        &[
            "string",
            "violin",
            "viola",
            "violon",
            "violin",
            "cello",
            "celli",
            "fiddle",
            "streich",
            "geige",
            "bratsche",
            "cuerda",
            "cordas",
            "cordes",
            "smycz",
            "skrzyp",
            "strak",
            "strijk",
            "orchest",
            "pizzic",
            "tremolo str",
            "ensemble",
            "струн",
            "скрип",
            "виолон",
            "ストリングス",
            "バイオリン",
            "弦",
            "提琴",
            "스트링",
            "현악",
            "바이올린",
            "첼로",
        ],
        &[
            "str", "strs", "strg", "vln", "vn", "vla", "vlc", "vc", "archi", "orch", "pizz", "vl",
            "vlns",
        ],
    ),
    words(
        Program(52),
        &[
            "choir",
            "choeur",
            "choral",
            "voice",
            "voix",
            "vocal",
            "gesang",
            "stimme",
            "sopran",
            "tenor",
            "baryton",
            "wokal",
            "backing",
            "lyric",
            "karaoke",
            "голос",
            "вокал",
            "хор",
            "ボーカル",
            "コーラス",
            "歌",
            "人声",
            "보컬",
            "합창",
        ],
        &[
            "chor", "coro", "vox", "voc", "vocs", "voz", "voces", "voce", "voci", "zang", "sang",
            "aahs", "oohs", "alto", "canto", "chant", "choirs", "bgv",
        ],
    ),
    words(
        Program(80),
        &[
            "melod",
            "lead",
            "theme",
            "sawtooth",
            "square",
            "メロディ",
            "旋律",
            "멜로디",
            "мелод",
            "соло",
        ],
        &["mel", "solo", "ld", "tune", "saw"],
    ),
    words(Program(89), &["new age", "newage", "polysynth", "atmos", "sweep"], &["pad", "pads"]),
    words(Program(81), &["synth", "シンセ", "синт"], &["syn", "sint", "snth"]),
];

/// A word of the table with the letters in it: a name that lacks one of them cannot hold it, which
/// is quickly seen.
struct Word {
    letters: u32,
    text: &'static str,
    stands_alone: bool,
    plays: Plays,
}

static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let word = |text: &'static str, stands_alone: bool, plays: Plays| Word {
        letters: letters(text),
        text,
        stands_alone,
        plays,
    };
    let of_one = |words: &'static Words| {
        let anywhere = words.anywhere.iter().map(move |text| word(text, false, words.plays));
        anywhere.chain(words.alone.iter().map(move |text| word(text, true, words.plays)))
    };
    TABLE.iter().flat_map(of_one).collect()
});

/// Which of the letters from a to z there are, and whether anything else is.
fn letters(text: &str) -> u32 {
    text.bytes().fold(0, |set, byte| match byte {
        b'a'..=b'z' => set | 1 << (byte - b'a'),
        _ => set | 1 << 26,
    })
}

/// The instrument a name suggests, if any.
pub(super) fn instrument(name: &str) -> Option<Plays> {
    let name = folded(name);
    let letters = letters(&name);
    let matches = |word: &&Word| {
        word.letters & !letters == 0
            && if word.stands_alone {
                name.split(|c: char| !c.is_alphabetic()).any(|part| part == word.text)
            } else {
                name.contains(word.text)
            }
    };
    WORDS.iter().find(matches).map(|word| word.plays)
}

/// How strongly a name says that its part is the tune: 2 for a melody or a singer, 1 for a lead
/// or a solo, -1 for an accompaniment, 0 where it says nothing.
pub(super) fn tune(name: &str) -> i8 {
    const SUNG: &[&str] = &[
        "melod",
        "vocal",
        "voice",
        "gesang",
        "sing",
        "karaoke",
        "lyric",
        "voix",
        "voz",
        "voce",
        "wokal",
        "tune",
        "theme",
        "メロディ",
        "ボーカル",
        "旋律",
        "멜로디",
        "보컬",
        "мелод",
        "вокал",
        "голос",
    ];
    const LED: &[&str] = &["lead", "solo", "right hand", "soprano", "соло"];
    const ACCOMPANYING: &[&str] = &[
        "back",
        "harmony",
        "choir",
        "chorus",
        "2nd",
        "second",
        "voices",
        "pad",
        "chord",
        "rhythm",
        "counter",
        "echo",
        "left hand",
        "accomp",
        "begleit",
    ];
    let name = folded(name);
    let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let alone =
        |words: &[&str]| name.split(|c: char| !c.is_alphabetic()).any(|word| words.contains(&word));
    if says(ACCOMPANYING) {
        -1
    } else if says(SUNG) || alone(&["mel", "vox", "voc", "canto", "chant", "zang", "sang"]) {
        2
    } else if says(LED) || alone(&["ld", "rh"]) {
        1
    } else {
        0
    }
}

/// Lower case, Latin letters without their marks. Only the beginning of an endless name counts.
fn folded(name: &str) -> String {
    const LONGEST: usize = 64;
    let lower = name.chars().take(LONGEST).flat_map(char::to_lowercase);
    let mut folded = String::with_capacity(name.len().min(LONGEST));
    for c in lower {
        match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => folded.push('a'),
            'æ' => folded.push_str("ae"),
            'ç' | 'ć' | 'č' => folded.push('c'),
            'è'..='ë' | 'ē' | 'ę' | 'ě' => folded.push('e'),
            'ì'..='ï' | 'ī' | 'ı' => folded.push('i'),
            'ł' => folded.push('l'),
            'ñ' | 'ń' => folded.push('n'),
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => folded.push('o'),
            'œ' => folded.push_str("oe"),
            'ś' | 'š' | 'ş' => folded.push('s'),
            'ß' => folded.push_str("ss"),
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ź' | 'ż' | 'ž' => folded.push('z'),
            // The combining dots and accents that some systems write apart.
            '\u{300}'..='\u{36f}' => {}
            '_' => folded.push(' '),
            _ => folded.push(c),
        }
    }
    folded
}
