use std::time::{SystemTime, UNIX_EPOCH};

/// The end of the year 9999: a larger number is not in seconds.
pub const SECONDS_MAX: i64 = 253_402_300_799;

const DAY: i64 = 86_400;
/// From 0000-03-01, with which the years of this calculation start, to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;
const DAYS_OF_400_YEARS: i64 = 146_097;

/// Formats seconds since 1970 as RFC 3339, at the latest the end of the year 9999.
pub fn format_time(seconds: i64) -> String {
    let seconds = seconds.clamp(0, SECONDS_MAX);
    let (year, month, day) = civil_from_days(seconds / DAY);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Returns the seconds since 1970, without their fraction, of a time as in RFC 3339.
pub fn parse_time(text: &str) -> Option<i64> {
    let is_shaped = text.is_ascii() && text.len() >= 20 && {
        let bytes = text.as_bytes();
        bytes[4] == b'-' && bytes[7] == b'-' && bytes[13] == b':' && bytes[16] == b':'
    };
    if !is_shaped || !matches!(text.as_bytes()[10], b'T' | b't' | b' ') {
        return None;
    }
    let number = |from: usize, to: usize, max: i64| parse_number(&text[from..to], max);
    let (year, month, day) = (number(0, 4, 9999)?, number(5, 7, 12)?, number(8, 10, 31)?);
    let (hour, minute, second) = (number(11, 13, 23)?, number(14, 16, 59)?, number(17, 19, 60)?);
    let days = days_from_civil(year, month, day);
    if civil_from_days(days) != (year, month, day) {
        return None;
    }
    let offset = parse_offset(skip_fraction(&text[19..])?)?;
    Some(days * DAY + hour * 3600 + minute * 60 + second - offset)
}

fn parse_number(text: &str, max: i64) -> Option<i64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| is_number && *number <= max)
}

fn skip_fraction(text: &str) -> Option<&str> {
    let Some(fraction) = text.strip_prefix('.') else {
        return Some(text);
    };
    let rest = fraction.trim_start_matches(|digit: char| digit.is_ascii_digit());
    (rest.len() < fraction.len()).then_some(rest)
}

fn parse_offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes() {
        [b'+', _, _, b':', _, _] => 1,
        [b'-', _, _, b':', _, _] => -1,
        _ => return None,
    };
    let (hours, minutes) = (parse_number(&text[1..3], 23)?, parse_number(&text[4..6], 59)?);
    Some(sign * (hours * 3600 + minutes * 60))
}

/// Howard Hinnant's algorithm. Years start in March, so that a leap day is the last of a year.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + DAYS_TO_1970;
    let era = shifted.div_euclid(DAYS_OF_400_YEARS);
    let day_of_era = shifted.rem_euclid(DAYS_OF_400_YEARS);
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted_year = year - i64::from(month <= 2);
    let (era, year_of_era) = (shifted_year.div_euclid(400), shifted_year.rem_euclid(400));
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * DAYS_OF_400_YEARS + day_of_era - DAYS_TO_1970
}

/// Returns the seconds since 1970 of a `date` header (RFC 9110, §5.6.7).
pub fn parse_http_date(text: &str) -> Option<i64> {
    httpdate::parse_http_date(text).ok().map(to_seconds)
}

pub fn to_seconds(time: SystemTime) -> i64 {
    let passed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(passed.as_secs()).unwrap_or(SECONDS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_formatted_and_read() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (SECONDS_MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(format_time(seconds), text);
            assert_eq!(parse_time(text), Some(seconds));
        }
        assert_eq!(format_time(i64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn fractions_and_offsets_are_read() {
        assert_eq!(parse_time("2027-01-15T09:30:00.999+01:30"), Some(1_800_000_000));
        assert_eq!(parse_time("2027-01-15t08:00:00z"), Some(1_800_000_000));
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "never",
            "2027-02-29T08:00:00Z",
            "2027-01-15T08:00:00",
            "2027-01-15",
            "2027-01-15T08:00:00.Z",
            "2027-01-15T25:00:00Z",
            "+027-01-15T08:00:00Z",
            "2027-01-15T08:00:00+1:00",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
