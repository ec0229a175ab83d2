//! The chords: a field to type them, a menu for hosts that keep the keyboard to themselves, and
//! what the phrase that plays makes of them.
//!
//! What must stay true: what is typed wrongly leaves the last chart playing, and says what and
//! where; a chart that comes with a state replaces what was half typed.
use super::{Editor, TRACK_CONTROLS, theme, widgets};
use crate::params::IncomingChoice;
use egui::{FontId, Key, Sense, Stroke, TextEdit, Ui, pos2, vec2};
use musegan_engine::Status;
use musegan_score::grid::{BEATS_PER_BAR, BEATS_PER_PHRASE};
use musegan_score::{Phrase, Progression};
use nice_plug::prelude::ParamSetter;

/// Height of the row of chords in points.
const ROW: f32 = 16.0;
/// Sizes of its text: a long name over a short chord is smaller.
const LARGE: f32 = 12.5;
const SMALL: f32 = 10.0;
/// Charts that the menu offers: what much of the world's music is made over.
const CHARTS: [&str; 10] = [
    "C | G | Am | F",
    "Am | F | C | G",
    "C | Am | F | G",
    "Dm7 | G7 | Cmaj7 | %",
    "Dm7 G7 | Cmaj7 Am7",
    "C | Bb | F | C",
    "Am | G | F | E7",
    "Cm7 | Fm7 | Dm7b5 G7 | Cm7",
    "C G/B | Am Em/G | F C/E | Dm7 G7sus4",
    "C7 | F7 | C7 | % | F7 | % | C7 | A7 | Dm7 | G7 | C7 A7 | Dm7 G7",
];

/// What is typed and not yet taken.
#[derive(Debug, Default)]
pub(super) struct Draft {
    text: String,
    /// The chart that it began with.
    of: String,
    /// Why it cannot be taken.
    problem: Option<String>,
}

impl Draft {
    fn begin(&mut self, chart: String) {
        *self = Self { text: chart.clone(), of: chart, problem: None };
    }
}

impl Editor {
    /// The field, the menu, and what is wrong with what was typed.
    pub(super) fn chart_row(&mut self, ui: &mut Ui, setter: &ParamSetter<'_>, status: &Status) {
        let chart = self.params.chart.text();
        if self.draft.of != chart {
            self.draft.begin(chart);
        }
        ui.horizontal(|ui| {
            ui.allocate_ui(vec2(TRACK_CONTROLS, 22.0), |ui| {
                ui.set_width(TRACK_CONTROLS);
                ui.horizontal(|ui| {
                    ui.label("Chords");
                    self.chart_menu(ui, setter, status);
                });
            });
            self.chart_field(ui, setter);
        });
        let problem = self.draft.problem.clone().or_else(|| self.params.chart.problem());
        if let Some(problem) = problem {
            let line = format!("Chords: {problem}");
            widgets::line(ui, egui::RichText::new(&line).color(theme::TROUBLE), &line);
        }
    }

    fn chart_field(&mut self, ui: &mut Ui, setter: &ParamSetter<'_>) {
        let hint = match self.params.incoming.value() {
            IncomingChoice::Chords => "the chord that is held; until there is one, the band's own",
            _ => "the band's own; or type them: C | Am7 F | Dm7 | G7",
        };
        let field = TextEdit::singleline(&mut self.draft.text).hint_text(hint);
        let field = ui.add(field.desired_width(f32::INFINITY).char_limit(1000));
        if field.changed() {
            let read = self.draft.text.parse::<Progression>();
            self.draft.problem = read.err().map(|error| error.to_string());
        }
        if field.lost_focus() {
            let is_given_up = ui.input(|input| input.key_pressed(Key::Escape));
            let text = if is_given_up { self.draft.of.clone() } else { self.draft.text.clone() };
            self.write_chart(setter, &text);
        }
        field.on_hover_text(
            "Bars between |, one, two or four chords in each; . for a beat on which a chord goes \
             on, % for the bar before, N.C. for no chord. From the next bar line on.",
        );
    }

    fn write_chart(&mut self, setter: &ParamSetter<'_>, text: &str) {
        match self.params.chart.write(text) {
            Ok(()) => {
                if self.params.chart.text() != self.draft.of {
                    widgets::tell_of_change(setter, &self.params.free_run);
                }
                self.draft.begin(self.params.chart.text());
            }
            Err(problem) => self.draft.problem = Some(problem),
        }
    }

    fn chart_menu(&mut self, ui: &mut Ui, setter: &ParamSetter<'_>, status: &Status) {
        let shown = if self.draft.of.is_empty() { "the band's own" } else { "as written" };
        let playing = self.stage.phrase(&status.key).and_then(|phrase| written(&phrase));
        let menu = egui::ComboBox::from_id_salt("chart").selected_text(shown).width(116.0);
        let chosen = menu.height(340.0).show_ui(ui, |ui| {
            let mut chosen = None;
            if ui.selectable_label(self.draft.of.is_empty(), "the band's own").clicked() {
                chosen = Some(String::new());
            }
            if let Some(playing) = playing
                && ui.selectable_label(false, "keep those that play").clicked()
            {
                chosen = Some(playing);
            }
            for chart in CHARTS {
                if ui.selectable_label(self.draft.of == chart, chart).clicked() {
                    chosen = Some(chart.to_owned());
                }
            }
            chosen
        });
        chosen.response.on_hover_text("Charts to begin with");
        if let Some(Some(text)) = chosen.inner {
            self.write_chart(setter, &text);
        }
    }

    /// The chords of the phrase that plays, at the beats where they begin, as they are heard.
    pub(super) fn chord_row(&self, ui: &mut Ui, phrase: &Phrase) {
        let chords = phrase.chords();
        let size = vec2(ui.available_width(), ROW);
        let (area, _) = ui.allocate_exact_size(size, Sense::hover());
        let painter = ui.painter_at(area);
        let width = area.width() / BEATS_PER_PHRASE as f32;
        let transpose = self.params.transpose.value() as i8;
        for (beat, chord) in chords.iter().enumerate() {
            let goes_on = !beat.is_multiple_of(BEATS_PER_BAR) && *chord == chords[beat - 1];
            if goes_on {
                continue;
            }
            let left = area.left() + width * beat as f32;
            painter.vline(left, area.y_range(), Stroke::new(1.0, theme::BEAT_LINE));
            let name = chord.map(|chord| chord.transposed(transpose).symbol().to_string());
            let name = name.unwrap_or_else(|| "–".into());
            // Each bar has its names anew.
            let of_bar = BEATS_PER_BAR - beat % BEATS_PER_BAR;
            let going_on = chords[beat..].iter().take(of_bar).take_while(|other| *other == chord);
            let lasts = going_on.count();
            let room = width * lasts as f32 - 6.0;
            let set = |size| {
                let font = FontId::proportional(size);
                painter.layout_no_wrap(name.clone(), font, theme::CHORD)
            };
            let text = Some(set(LARGE)).filter(|text| text.size().x <= room);
            let text = text.unwrap_or_else(|| set(SMALL));
            let at = pos2(left + 4.0, area.center().y - text.size().y / 2.0);
            painter.galley(at, text, theme::CHORD);
        }
    }
}

/// The chords of a phrase as somebody would type them, if they are known.
fn written(phrase: &Phrase) -> Option<String> {
    let chords = phrase.chords();
    let is_known = chords.iter().any(Option::is_some);
    is_known.then(|| Progression::new(chords)).flatten().map(|chart| chart.to_string())
}
