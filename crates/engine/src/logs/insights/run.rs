//! Running a query's commands over events.

use super::event::{Place, Row};
use super::expr::{Expr, Val};
use super::parse::{Command, Named};
use std::collections::BTreeMap;

/// "The default is 10,000", which is the most as well.
pub(super) const ROWS_MAX: usize = 10_000;
/// Groups of a `stats` command. Chosen.
const GROUPS_MAX: usize = 100_000;

/// What a query gives: rows of named texts.
pub(super) type Table = Vec<Vec<(String, String)>>;

/// Runs commands; `limit` is the request's. Answers rows, and how many events passed the filters.
pub(super) fn run(
    commands: &[Command],
    account: &str,
    events: Vec<Place<'_>>,
    limit: Option<usize>,
) -> (Table, usize) {
    let mut rows: Vec<Row<'_>> =
        events.into_iter().map(|place| Row::new(account, Some(place), Vec::new())).collect();
    let mut shown: Option<Vec<String>> = None;
    let mut displayed: Option<Vec<String>> = None;
    let mut parsed: Vec<String> = Vec::new();
    let mut matched = rows.len();
    let (mut sorted, mut grouped) = (false, false);
    let mut cut = limit.unwrap_or(ROWS_MAX).min(ROWS_MAX);
    // Newest first, unless the query says otherwise.
    rows.sort_by_key(|row| row.place.map(|place| std::cmp::Reverse(place.event.at)));
    for command in commands {
        match command {
            Command::Fields(fields) => {
                compute(&mut rows, fields);
                let names = shown.get_or_insert_default();
                names.extend(fields.iter().map(|field| field.name.clone()));
            }
            Command::Display(fields) => {
                compute(&mut rows, fields);
                displayed = Some(fields.iter().map(|field| field.name.clone()).collect());
            }
            Command::Filter(condition) => {
                rows.retain(|row| condition.eval(row, &|_| Val::Nothing).is_true());
                if !grouped {
                    matched = rows.len();
                }
            }
            Command::Parse { of, pattern, names } => {
                for row in &mut rows {
                    let text = of.eval(row, &|_| Val::Nothing).text().unwrap_or_default();
                    let Some(found) = pattern.captures(&text) else { continue };
                    for (at, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty())
                    {
                        if let Some(value) = found.get(at + 1) {
                            row.fields.push((name.clone(), Val::Text(value.as_str().into())));
                        }
                    }
                }
                parsed.extend(names.iter().filter(|name| !name.is_empty()).cloned());
            }
            Command::Stats { values, by } => {
                rows = stats(account, &rows, values, by);
                (grouped, sorted) = (true, false);
                shown = Some(by.iter().chain(values).map(|field| field.name.clone()).collect());
                displayed = None;
            }
            Command::Sort(keys) => {
                sort(&mut rows, keys);
                sorted = true;
            }
            Command::Limit(count) => {
                cut = cut.min(*count);
                if grouped || sorted {
                    rows.truncate(*count);
                } else {
                    rows.truncate((*count).min(ROWS_MAX));
                }
            }
            Command::Dedup(keys) => {
                let mut seen = std::collections::BTreeSet::new();
                rows.retain(|row| {
                    let key: Vec<Option<String>> =
                        keys.iter().map(|key| key.eval(row, &|_| Val::Nothing).text()).collect();
                    // "Events with null values in the specified field are kept".
                    key.iter().all(Option::is_none) || seen.insert(key)
                });
            }
        }
    }
    rows.truncate(cut);
    let names = displayed.or(shown).unwrap_or_else(|| {
        let mut names = vec!["@timestamp".to_owned(), "@message".to_owned()];
        names.append(&mut parsed);
        names
    });
    let table = rows.iter().map(|row| {
        let mut cells: Vec<(String, String)> = Vec::new();
        for name in &names {
            if let (Some(text), false) =
                (row.get(name).text(), cells.iter().any(|(n, _)| n == name))
            {
                cells.push((name.clone(), text));
            }
        }
        if let Some(place) = &row.place {
            cells.push(("@ptr".into(), super::event::pointer(place)));
        }
        cells
    });
    (table.collect(), matched)
}

/// Adds fields that are more than a field of the same name.
fn compute(rows: &mut [Row<'_>], fields: &[Named]) {
    for field in fields {
        if matches!(&field.expr, Expr::Field(name) if *name == field.name) {
            continue;
        }
        for row in rows.iter_mut() {
            let value = field.expr.eval(row, &|_| Val::Nothing);
            row.fields.push((field.name.clone(), value));
        }
    }
}

fn sort(rows: &mut Vec<Row<'_>>, keys: &[(Expr, bool)]) {
    let mut keyed: Vec<(Vec<Val>, Row<'_>)> = std::mem::take(rows)
        .into_iter()
        .map(|row| (keys.iter().map(|(key, _)| sort_key(key, &row)).collect(), row))
        .collect();
    keyed.sort_by(|(a, _), (b, _)| {
        let each = a.iter().zip(b).zip(keys).map(|((a, b), (_, descending))| {
            let order = match (a, b) {
                // What is not there comes last, either way.
                (Val::Nothing, Val::Nothing) => return std::cmp::Ordering::Equal,
                (Val::Nothing, _) => return std::cmp::Ordering::Greater,
                (_, Val::Nothing) => return std::cmp::Ordering::Less,
                _ => a.order(b),
            };
            if *descending { order.reverse() } else { order }
        });
        each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
    });
    rows.extend(keyed.into_iter().map(|(_, row)| row));
}

/// After `stats`, `sort count(*)` names a column: its value is a function of many rows that are gone.
fn sort_key(key: &Expr, row: &Row<'_>) -> Val {
    if let Expr::Aggregate(..) = key {
        let text = column(key);
        let found =
            row.fields.iter().find(|(name, _)| name.replace(' ', "").eq_ignore_ascii_case(&text));
        return found.map_or(Val::Nothing, |(_, value)| value.clone());
    }
    key.eval(row, &|_| Val::Nothing)
}

fn column(key: &Expr) -> String {
    match key {
        Expr::Aggregate(name, None, _) => format!("{name}(*)"),
        Expr::Aggregate("pct", Some(of), percent) => match &**of {
            Expr::Field(field) => format!("pct({field},{percent})"),
            _ => String::new(),
        },
        Expr::Aggregate(name, Some(of), _) => match &**of {
            Expr::Field(field) => format!("{name}({field})"),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// One row for each group of rows, in the order in which groups appear.
fn stats<'a>(account: &'a str, rows: &[Row<'a>], values: &[Named], by: &[Named]) -> Vec<Row<'a>> {
    let mut order: BTreeMap<Vec<Option<String>>, usize> = BTreeMap::new();
    let mut groups: Vec<(Vec<Val>, Vec<&Row<'a>>)> = Vec::new();
    for row in rows {
        let key: Vec<Val> = by.iter().map(|one| one.expr.eval(row, &|_| Val::Nothing)).collect();
        let text: Vec<Option<String>> = key.iter().map(Val::text).collect();
        let at = *order.entry(text).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        if at < GROUPS_MAX {
            groups[at].1.push(row);
        }
    }
    if by.is_empty() && groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    groups.truncate(GROUPS_MAX);
    let made = groups.into_iter().map(|(key, members)| {
        let fields = by.iter().map(|one| one.name.clone()).zip(key).collect();
        let mut row = Row::new(account, None, fields);
        for value in values {
            // A value may name those before it, as in AWS's sample queries.
            let computed = value.expr.eval(&row, &|call| aggregate(call, &members));
            row.fields.push((value.name.clone(), computed));
        }
        row
    });
    made.collect()
}

fn aggregate(call: &Expr, rows: &[&Row<'_>]) -> Val {
    let Expr::Aggregate(name, of, parameter) = call else { return Val::Nothing };
    let Some(of) = of else { return Val::Number(rows.len() as f64) };
    let present = rows.iter().map(|row| (row, of.eval(row, &|_| Val::Nothing)));
    let present: Vec<(&&Row<'_>, Val)> =
        present.filter(|(_, value)| *value != Val::Nothing).collect();
    let mut numbers: Vec<f64> = present.iter().filter_map(|(_, value)| value.number()).collect();
    let count = numbers.len() as f64;
    let number = |value: f64| if value.is_finite() { Val::Number(value) } else { Val::Nothing };
    let time_of = |row: &&Row<'_>| row.place.map_or(0, |place| place.event.at.timestamp_ms);
    match *name {
        "count" => Val::Number(present.len() as f64),
        "count_distinct" => {
            let distinct: std::collections::BTreeSet<Option<String>> =
                present.iter().map(|(_, value)| value.text()).collect();
            Val::Number(distinct.len() as f64)
        }
        "min" => present.into_iter().map(|(_, v)| v).min_by(Val::order).unwrap_or(Val::Nothing),
        "max" => present.into_iter().map(|(_, v)| v).max_by(Val::order).unwrap_or(Val::Nothing),
        "sortsfirst" => {
            present.into_iter().map(|(_, v)| v).min_by_key(Val::text).unwrap_or(Val::Nothing)
        }
        "sortslast" => {
            present.into_iter().map(|(_, v)| v).max_by_key(Val::text).unwrap_or(Val::Nothing)
        }
        "earliest" => {
            present.into_iter().min_by_key(|(row, _)| time_of(row)).map_or(Val::Nothing, |(_, v)| v)
        }
        "latest" => {
            present.into_iter().max_by_key(|(row, _)| time_of(row)).map_or(Val::Nothing, |(_, v)| v)
        }
        "sum" => number(numbers.iter().sum()),
        _ if numbers.is_empty() => Val::Nothing,
        "avg" => number(numbers.iter().sum::<f64>() / count),
        "stddev" => {
            let mean = numbers.iter().sum::<f64>() / count;
            let squares = numbers.iter().map(|n| (n - mean) * (n - mean)).sum::<f64>();
            number((squares / count).sqrt())
        }
        "median" | "pct" => {
            let percent = if *name == "median" { 50.0 } else { parameter.clamp(0.0, 100.0) };
            numbers.sort_by(f64::total_cmp);
            // The nearest rank.
            let rank = (percent / 100.0 * count).ceil().max(1.0) as usize;
            number(numbers[rank.min(numbers.len()) - 1])
        }
        _ => Val::Nothing,
    }
}
