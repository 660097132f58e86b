//! Colours of a terminal, where they are wanted.

/// The colours in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Color {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Cyan = 36,
}

/// Colours text if the value is true.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn in_color(self, text: &str, color: Color) -> String {
        self.escaped(text, color as u8)
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.escaped(text, 1)
    }

    fn escaped(self, text: &str, code: u8) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
