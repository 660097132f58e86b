//! Colours of a terminal, where they are wanted.

use anstyle::{AnsiColor, Style};

/// Styles text if the value is true.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn in_color(self, text: &str, color: AnsiColor) -> String {
        self.styled(text, color.on_default())
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.styled(text, Style::new().bold())
    }

    fn styled(self, text: &str, style: Style) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
