//! An editor that needs a license: its command line is the license dialog.
//!
//! ```sh
//! LICET_URL=https://licenses.example.com LICET_PUBLIC_KEYS=KVsK…,x5Jd… \
//!   cargo run --example editor -- status
//! ```
//!
//! The key is in the variable `LICENSE_KEY`. An app of yours has the address and the public keys in its
//! code, and keeps the key in its settings.

use std::env;
use std::fs;
use std::process::ExitCode;

use licet::{Check, Error, Licet, State};

const USAGE: &str =
    "editor status | export | activate | deactivate | request | import FILE | return";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Error> {
    let licet = open_client()?;
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let code = match words[..] {
        ["status"] => show(&licet.check()),
        // A feature of more expensive plans.
        ["export"] => show(&licet.check_with(Check { features: &["export"], ..Check::default() })),
        ["activate"] => {
            println!("This device is activated: {}", licet.activate()?.id);
            ExitCode::SUCCESS
        }
        ["deactivate"] => {
            licet.deactivate()?;
            println!("This device no longer uses the license.");
            ExitCode::SUCCESS
        }
        ["request"] => {
            println!("{}", licet.create_offline_request()?.code);
            ExitCode::SUCCESS
        }
        ["import", path] => {
            let text = fs::read_to_string(path).map_err(Error::Store)?;
            show(&licet.import_file(&text)?)
        }
        ["return"] => {
            println!("{}", licet.return_file()?);
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    };
    licet.wait_idle();
    Ok(code)
}

fn open_client() -> Result<Licet, Error> {
    let variable = |name| env::var(name).unwrap_or_default();
    let public_keys = variable("LICET_PUBLIC_KEYS");
    Licet::builder(variable("LICET_URL"), "com.example.editor")
        .key(variable("LICENSE_KEY"))
        .public_keys(public_keys.split(',').filter(|key| !key.is_empty()))
        .on_problem(|problem| eprintln!("warning: {problem}"))
        .build()
}

fn show(state: &State) -> ExitCode {
    if let Some(license) = &state.license {
        println!("licensed: {} ({:?})", license.plan, state.source);
        return ExitCode::SUCCESS;
    }
    let [code, message] = [&state.code, &state.message].map(|text| text.as_deref().unwrap_or(""));
    println!("not licensed: {code}: {message}");
    ExitCode::FAILURE
}
