use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::encoding::sha256;

/// Crockford's Base32, without I, L, O and U: the index of a symbol is its value.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const SYMBOLS: usize = 16;
const BODY_SYMBOLS: usize = 14;
const GROUP_SYMBOLS: usize = 4;
const KEY_CHARACTERS_MAX: usize = 28;

/// Reads license keys as people paste them, without asking the server.
#[derive(Clone, Copy, Debug)]
pub struct Keys;

/// What a text is, as a license key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCheck {
    /// A Licet key whose check symbols are right.
    Valid,
    /// A Licet key with a mistake in it, unless it was imported.
    Malformed,
    /// It may be a key that was imported from another system.
    Foreign,
    /// It cannot be a key.
    Unusable,
}

impl Keys {
    /// Reports mistakes in a key while it is typed: any one or two wrong symbols, and any swap of
    /// two.
    #[must_use]
    pub fn check(text: &str) -> KeyCheck {
        read_key(text).0
    }

    /// Returns `PREFIX-XXXX-XXXX-XXXX-XXXX` for a valid key, with any case, dashes, invisible
    /// characters and words around it. Returns any other key without the white space around it, and
    /// none if the text is unusable. Mistakes are never corrected.
    #[must_use]
    pub fn normalize(text: &str) -> Option<String> {
        read_key(text).1
    }
}

fn read_key(text: &str) -> (KeyCheck, Option<String>) {
    let trimmed = text.trim_matches(is_space);
    let plain = read_licet_key(trimmed);
    if let Some((true, key)) = plain {
        return (KeyCheck::Valid, Some(key));
    }
    if let Some(key) = find_adorned_key(trimmed) {
        return (KeyCheck::Valid, Some(key));
    }
    let kept = Some(trimmed.to_owned());
    if plain.is_some() {
        return (KeyCheck::Malformed, kept);
    }
    let is_imported = (16..=255).contains(&trimmed.chars().count());
    if is_imported && !trimmed.contains(char::is_control) {
        return (KeyCheck::Foreign, kept);
    }
    (KeyCheck::Unusable, None)
}

/// White space, as in all SDKs: that of Unicode without U+0085, and the byte order mark.
pub fn is_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{feff}'
}

/// Reads a text with the shape of a Licet key. Returns whether its check symbols are right, and the
/// key.
fn read_licet_key(text: &str) -> Option<(bool, String)> {
    let dense: String = text.chars().filter(|&each| !is_space(each)).collect();
    let compact = read_shape(dense.as_bytes())?;
    let (prefix, groups) = compact.split_at(compact.len() - SYMBOLS);
    let symbols = groups.replace('O', "0").replace(['I', 'L'], "1");
    let (body, check) = symbols.split_at(BODY_SYMBOLS);
    let is_valid = check == compute_check_symbols(prefix, body);
    let groups = [0, 4, 8, 12].map(|start| &symbols[start..start + GROUP_SYMBOLS]);
    Some((is_valid, format!("{prefix}-{}", groups.join("-"))))
}

/// Returns prefix and symbols in upper case, without dashes, if a text is a prefix of 2–8 letters and
/// digits and four groups of four symbols, with an optional dash before each.
fn read_shape(text: &[u8]) -> Option<String> {
    let mut rest = text;
    let mut groups = Vec::new();
    for _ in 0..SYMBOLS / GROUP_SYMBOLS {
        let (before, group) = rest.split_at_checked(rest.len().checked_sub(GROUP_SYMBOLS)?)?;
        groups.push(group);
        rest = before.strip_suffix(b"-").unwrap_or(before);
    }
    let is_symbol = |byte: &u8| byte.is_ascii_alphanumeric() && !byte.eq_ignore_ascii_case(&b'U');
    let is_shaped = (2..=8).contains(&rest.len())
        && rest.iter().all(u8::is_ascii_alphanumeric)
        && groups.iter().all(|group| group.iter().all(is_symbol));
    groups.push(rest);
    groups.reverse();
    is_shaped.then(|| String::from_utf8_lossy(&groups.concat()).to_ascii_uppercase())
}

/// Finds a valid Licet key at the end of a text, such as `Your license key: “TO–7Q4M–…–2F17”.`, or
/// one with its dashes anywhere.
fn find_adorned_key(text: &str) -> Option<String> {
    let is_plain = |each: char| each.is_ascii_alphanumeric() || matches!(each, '_' | '-');
    if text.chars().all(is_plain) {
        return None;
    }
    let flat = flatten(text);
    let mut end = String::new();
    for word in core_of(&flat).rsplit(is_space).filter(|word| !word.is_empty()) {
        end.insert_str(0, word);
        if end.chars().count() > KEY_CHARACTERS_MAX {
            break;
        }
        if let Some((true, key)) = read_licet_key(&end) {
            return Some(key);
        }
    }
    find_grouped_key(&flat)
}

/// Writes compatible characters, white space and dashes in one way, and drops what shows nothing.
fn flatten(text: &str) -> String {
    let mut flat = String::new();
    let mut was_space = false;
    for each in text.nfkc() {
        let starts_space = is_space(each) && !was_space;
        was_space = is_space(each);
        if starts_space {
            flat.push(' ');
        } else if is_dash(each) {
            flat.push('-');
        } else if !was_space && !is_invisible(each) {
            flat.push(each);
        }
    }
    flat
}

/// Returns a text from its first letter, digit or dash to its last one, after the last other sign.
fn core_of(text: &str) -> &str {
    let text = text.trim_matches(|each| !is_word(each));
    let is_sign = |each| !is_word(each) && !is_space(each);
    match text.rfind(is_sign) {
        Some(index) => text[index..].trim_start_matches(is_sign),
        None => text,
    }
}

/// Finds a key with its dashes among other words. Without them, ordinary words could pass for one.
fn find_grouped_key(text: &str) -> Option<String> {
    let is_part = |each: char| each.is_ascii_alphanumeric() || each == '-';
    text.split(|each| !is_part(each))
        .map(|word| word.rsplit("--").next().unwrap_or(word).trim_start_matches('-'))
        .filter(|word| word.matches('-').count() == SYMBOLS / GROUP_SYMBOLS)
        .find_map(|word| read_licet_key(word).filter(|(is_valid, _)| *is_valid))
        .map(|(_, key)| key)
}

fn is_word(character: char) -> bool {
    use GeneralCategoryGroup::{Letter, Number};
    character == '-' || matches!(character.general_category_group(), Letter | Number)
}

/// Also the modifier, bullet, minus and box line, and the mark on the dash key of Japan.
fn is_dash(character: char) -> bool {
    let is_similar =
        matches!(character, '\u{2d7}' | '\u{2043}' | '\u{2212}' | '\u{2500}' | '\u{30fc}');
    is_similar || character.general_category() == GeneralCategory::DashPunctuation
}

/// Control, formatting and other characters that show nothing, and an empty Braille cell.
fn is_invisible(character: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
    let category = character.general_category();
    let is_noncharacter =
        matches!(character, '\u{fdd0}'..='\u{fdef}') || u32::from(character) & 0xfffe == 0xfffe;
    // The rest of Default_Ignorable_Code_Point.
    let is_ignorable = matches!(character, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
        | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2065}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}');
    is_noncharacter
        || is_ignorable
        || character == '\u{2800}'
        || matches!(category, Control | Format | LineSeparator | ParagraphSeparator)
}

/// Returns the two check symbols for the 14 symbols of the body: an extended Reed–Solomon code
/// [16, 14] over GF(32), x⁵+x²+1. XOR adds the first ten bits of SHA-256 of the prefix.
fn compute_check_symbols(prefix: &str, body: &str) -> String {
    let (mut weighted_sum, mut sum) = (0, 0);
    for symbol in body.bytes() {
        let value = ALPHABET.iter().position(|&own| own == symbol).unwrap_or(0);
        weighted_sum = double(weighted_sum ^ value);
        sum ^= value;
    }
    let [first, second, ..] = sha256(prefix).map(usize::from);
    let check = ((weighted_sum << 5) | sum) ^ ((first << 2) | (second >> 6));
    [check >> 5, check & 31].map(|value| char::from(ALPHABET[value])).iter().collect()
}

/// Multiplies by 2 in GF(32) with x⁵+x²+1.
fn double(value: usize) -> usize {
    if value < 16 {
        value << 1
    } else {
        (value << 1) ^ 0b10_0101
    }
}
