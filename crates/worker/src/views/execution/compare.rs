//! Two executions, visit by visit: the first difference is where they went apart.

use super::fold::Fold;
use super::windows::line;
use coldstart_protocol::{ComparedVisit, ComparisonRow, ExecutionComparison};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of data in a row.
const DATA_CHARS_MAX: usize = 300;

/// What differs, and the visit here and there.
type Row = (Vec<String>, (Option<usize>, Option<usize>));

impl Fold {
    /// Names visits so that the same one has the same name in another execution: its way through branches and iterations, its
    /// state, and which of the visits of that state there it is.
    fn keys(&self) -> Vec<(String, String, u32)> {
        let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
        (0..self.visits.len())
            .map(|at| {
                let outer: Vec<&str> =
                    self.around(at).map(|outer| self.visits[outer].name.as_str()).collect();
                let place = format!("{} {}", outer.join("/"), self.place_name(at));
                let name = self.visits[at].name.clone();
                let count = seen.entry((place.clone(), name.clone())).or_default();
                *count += 1;
                (place, name, *count)
            })
            .collect()
    }

    fn compared(&self, at: usize) -> ComparedVisit {
        let visit = &self.visits[at];
        let data = |item: Option<usize>, member: &str| {
            item.and_then(|at| self.items[at].data(member)).unwrap_or_default()
        };
        let output = match visit.error.filter(|_| visit.exited.is_none()) {
            Some(error) => self.items[error].text("error").unwrap_or_default().to_owned(),
            None => data(visit.exited, "output"),
        };
        ComparedVisit {
            event: self.items[visit.entered].id,
            status: visit.status(),
            duration_us: visit.ended.map(|(_, at)| at.saturating_sub(visit.from_us)),
            attempts: u32::try_from(visit.attempts.len()).unwrap_or(u32::MAX),
            input: line(&data(Some(visit.entered), "input"), DATA_CHARS_MAX),
            output: line(&output, DATA_CHARS_MAX),
        }
    }

    /// What differs between a visit here and one there. Times do not count: they say nothing about what was done.
    fn differences(&self, at: usize, other: &Fold, there: usize) -> Vec<String> {
        let (mine, theirs) = (&self.visits[at], &other.visits[there]);
        let mut differs = Vec::new();
        let mut note = |name: &str, equal: bool| {
            if !equal {
                differs.push(name.to_owned());
            }
        };
        note("status", mine.status() == theirs.status());
        let error = |fold: &Fold, error: Option<usize>| {
            error.and_then(|at| fold.items[at].text("error")).map(str::to_owned)
        };
        note("error", error(self, mine.error) == error(other, theirs.error));
        let data = |fold: &Fold, at: Option<usize>, member: &str| {
            at.and_then(|at| fold.items[at].data(member))
        };
        note(
            "input",
            data(self, Some(mine.entered), "input") == data(other, Some(theirs.entered), "input"),
        );
        note("output", data(self, mine.exited, "output") == data(other, theirs.exited, "output"));
        note("attempts", mine.attempts.len() == theirs.attempts.len());
        differs
    }

    pub(super) fn comparison(
        &self,
        other: &Fold,
        names: [(String, String); 2],
        from: usize,
        rows_max: usize,
    ) -> ExecutionComparison {
        let (mine, theirs) = (self.keys(), other.keys());
        let mut there: BTreeMap<&(String, String, u32), usize> =
            theirs.iter().enumerate().map(|(at, key)| (key, at)).collect();
        let here: BTreeSet<&(String, String, u32)> = mine.iter().collect();
        // In the order of this side; what only the other side has comes where it came there.
        let mut pairs: Vec<(Option<usize>, Option<usize>)> = Vec::new();
        let mut next = 0;
        for (at, key) in mine.iter().enumerate() {
            let Some(partner) = there.remove(key) else {
                pairs.push((Some(at), None));
                continue;
            };
            for (between, key) in theirs.iter().enumerate().take(partner).skip(next) {
                if !here.contains(key) && there.remove(key).is_some() {
                    pairs.push((None, Some(between)));
                }
            }
            next = next.max(partner + 1);
            pairs.push((Some(at), Some(partner)));
        }
        let mut rest: Vec<usize> = there.into_values().collect();
        rest.sort_unstable();
        pairs.extend(rest.into_iter().map(|at| (None, Some(at))));

        let rows: Vec<Row> = pairs
            .into_iter()
            .map(|pair| match pair {
                (Some(at), Some(partner)) => (self.differences(at, other, partner), pair),
                _ => (Vec::new(), pair),
            })
            .collect();
        let is_different = |(differs, (here, there)): &Row| {
            !differs.is_empty() || here.is_none() || there.is_none()
        };
        let first_difference = rows.iter().position(is_different);
        let total = rows.len();
        let from = from.min(total.saturating_sub(rows_max.min(total)));
        let shown = rows.iter().skip(from).take(rows_max).map(|(differs, (here, there))| {
            let bar = match (here, there) {
                (Some(at), _) => self.bar(*at),
                (None, there) => other.bar(there.expect("a row has a side")),
            };
            ComparisonRow {
                name: bar.name,
                place: bar.place,
                depth: bar.depth,
                sides: [here.map(|at| self.compared(at)), there.map(|at| other.compared(at))],
                differs: differs.clone(),
            }
        });
        ExecutionComparison {
            names,
            first_difference,
            differences: rows.iter().filter(|row| is_different(row)).count(),
            total,
            from,
            rows: shown.collect(),
        }
    }
}
