//! Rates and impact ratios of the groups of one table. Pure arithmetic.

/// A smaller group's rate may be due to chance.
const SMALL: i64 = 30;

/// How many of a group's candidates are counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// Candidates of the group.
    pub candidates: i64,
    /// Candidates who were selected, or who scored above the median.
    pub counted: i64,
}

/// The figures of a group.
#[derive(Debug, PartialEq)]
pub struct Rated {
    /// The group's part of all candidates who gave an answer. `None` when there are none.
    pub share: Option<f64>,
    /// `counted` divided by `candidates`. `None` without candidates.
    pub rate: Option<f64>,
    /// The rate divided by the highest rate of the compared groups.
    pub impact_ratio: Option<f64>,
    /// Why there is no impact ratio.
    pub left_out: Option<LeftOut>,
    /// Whether the group has fewer than 30 candidates.
    pub is_small: bool,
}

/// Why a group has no impact ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    NoCandidates,
    BelowTwoPercent,
    HighestRateIsZero,
}

impl LeftOut {
    /// The reason in words.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoCandidates => "no candidates",
            Self::BelowTwoPercent => "below 2 % of the candidates who gave an answer",
            Self::HighestRateIsZero => "the highest rate is 0",
        }
    }
}

impl Rated {
    /// Whether the impact ratio is below four fifths.
    pub fn is_below_four_fifths(&self) -> bool {
        self.impact_ratio.is_some_and(|ratio| ratio < 0.8)
    }
}

/// Compares groups. A group below 2 % is not compared, but has its share and its rate.
pub fn rated(groups: &[Counted]) -> Vec<Rated> {
    let total: i64 = groups.iter().map(|group| group.candidates).sum();
    let compared = groups.iter().filter(|group| !is_below_two_percent(group, total));
    let highest = compared.filter_map(rate).fold(0.0, f64::max);
    groups
        .iter()
        .map(|group| {
            let left_out = if group.candidates == 0 {
                Some(LeftOut::NoCandidates)
            } else if is_below_two_percent(group, total) {
                Some(LeftOut::BelowTwoPercent)
            } else if highest == 0.0 {
                Some(LeftOut::HighestRateIsZero)
            } else {
                None
            };

            let rate = rate(group);
            Rated {
                share: part(group.candidates, total),
                rate,
                impact_ratio: rate.filter(|_| left_out.is_none()).map(|rate| rate / highest),
                left_out,
                is_small: group.candidates < SMALL,
            }
        })
        .collect()
}

fn is_below_two_percent(group: &Counted, total: i64) -> bool {
    group.candidates * 50 < total
}

fn rate(group: &Counted) -> Option<f64> {
    part(group.counted, group.candidates)
}

fn part(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(groups: &[(i64, i64)]) -> Vec<(Option<f64>, Option<LeftOut>)> {
        let groups: Vec<Counted> =
            groups.iter().map(|&(candidates, counted)| Counted { candidates, counted }).collect();
        rated(&groups).into_iter().map(|rated| (rated.impact_ratio, rated.left_out)).collect()
    }

    #[test]
    fn the_highest_rate_is_that_of_a_compared_group() {
        // 3 of 197 are below 2 %, so their rate of 1.0 is not the highest.
        let compared = ratios(&[(100, 50), (94, 20), (3, 3)]);

        assert_eq!(compared[0], (Some(1.0), None));
        assert_eq!(compared[1], (Some(20.0 / 94.0 / 0.5), None));
        assert_eq!(compared[2], (None, Some(LeftOut::BelowTwoPercent)));
    }

    #[test]
    fn two_percent_are_compared() {
        assert_eq!(ratios(&[(98, 49), (2, 1)])[1], (Some(1.0), None));
    }

    #[test]
    fn nothing_is_compared_where_nothing_is_counted() {
        let zero = Some(LeftOut::HighestRateIsZero);
        assert_eq!(ratios(&[(5, 0), (0, 0)]), [(None, zero), (None, Some(LeftOut::NoCandidates))]);
    }
}
