//! Boxes of known size and arrows between them, put in layers from top to bottom.
//!
//! Cycles, layers and the way of long arrows are settled here; the order within the layers and the horizontal places are
//! `rust-sugiyama`'s. It is given connected graphs without cycles, loops or double edges, in which every edge leads to the next
//! layer, so that none of its panics can be reached; what it answers is still checked and put right.
//!
//! Invariant: no two boxes overlap, and no arrow crosses a box.

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Between two layers.
const LAYER_GAP: i32 = 30;
/// Between two boxes of a layer.
const BOX_GAP: i32 = 28;
/// Between a passing arrow and what is beside it.
const LANE_GAP: i32 = 14;
/// Between the ends of two arrows at a box.
const PORT_GAP: i32 = 18;
/// Between a box's corner and the arrows at it.
const CORNER: i32 = 16;
/// Beside a box that leads to itself.
const LOOP_WIDTH: i32 = 34;
/// A label's height.
pub(super) const LABEL_HEIGHT: i32 = 18;
/// Boxes and bends at most: more take too long, and nobody can read them.
const ITEMS_MAX: usize = 2_500;
/// Pieces of arrows at most.
const PIECES_MAX: usize = 4_000;

/// How often all places are settled anew.
const ROUNDS: usize = 14;

/// A box.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) width: i32,
    pub(super) height: i32,
}

/// An arrow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Width of its label; 0 when it has none.
    pub(super) label: i32,
    /// Arrows that look alike and lead to the same box run together.
    pub(super) dashed: bool,
}

/// Where an arrow goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    /// Where it is at each turn. From one to the next it goes straight when the first coordinates are equal, else as a curve that
    /// begins and ends vertically.
    pub(super) points: Vec<(i32, i32)>,
    /// Middle of its label.
    pub(super) label: Option<(i32, i32)>,
}

/// Where everything is. The upper left corner of it all is (0, 0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) width: i32,
    pub(super) height: i32,
    /// Upper left corners, by box.
    pub(super) boxes: Vec<(i32, i32)>,
    /// By arrow.
    pub(super) ways: Vec<Way>,
}

/// A box or a bend of a long arrow.
struct Item {
    rank: usize,
    width: i32,
    height: i32,
    /// Middle.
    x: i32,
    is_box: bool,
}

/// Pairs of items in neighbouring layers that an arrow joins, and how much it wants to be straight.
type Joins = BTreeMap<(usize, usize), f64>;

/// An arrow that takes part in the layers, turned so that it leads down.
struct Chain {
    arrow: usize,
    /// Whether it was turned.
    up: bool,
    /// From its upper box to its lower one, as items.
    items: Vec<usize>,
    /// Which of the items holds the label.
    label: Option<usize>,
}

/// Places boxes; none when there are too many. Box 0 is the one that everything comes from.
pub(super) fn place(sizes: &[Size], arrows: &[Arrow]) -> Option<Placed> {
    if sizes.is_empty() {
        return Some(Placed { width: 0, height: 0, boxes: Vec::new(), ways: Vec::new() });
    }
    let (ranks, turned, roots) = layers(sizes.len(), arrows)?;
    let loops = |at: usize| {
        arrows
            .iter()
            .filter(|arrow| arrow.from == at && arrow.to == at)
            .map(|arrow| LOOP_WIDTH + arrow.label)
            .max()
            .unwrap_or(0)
    };
    // Room for loops on both sides keeps the box in the middle of what it is placed as.
    let mut items: Vec<Item> = sizes
        .iter()
        .enumerate()
        .map(|(at, size)| Item {
            rank: ranks[at],
            width: size.width + 2 * loops(at),
            height: size.height,
            x: 0,
            is_box: true,
        })
        .collect();
    let chains = chains(arrows, &turned, &ranks, &mut items)?;
    let mut pieces = Joins::new();
    for chain in &chains {
        let plain = if arrows[chain.arrow].dashed { 1.0 } else { 8.0 };
        for pair in chain.items.windows(2) {
            let weight = match (items[pair[0]].is_box, items[pair[1]].is_box) {
                (false, false) => 16.0,
                (true, true) => plain,
                _ => plain / 2.0,
            };
            let known = pieces.entry((pair[0], pair[1])).or_insert(weight);
            *known = weight.max(*known);
        }
    }
    for root in roots {
        // Not drawn: it keeps the graph in one piece. It leads from layer to layer as the others do.
        let mut above = 0;
        for rank in 1..items[root].rank {
            items.push(Item { rank, width: 0, height: 0, x: 0, is_box: false });
            pieces.insert((above, items.len() - 1), 0.1);
            above = items.len() - 1;
        }
        pieces.insert((above, root), 0.1);
    }
    if items.len() > ITEMS_MAX || pieces.len() > PIECES_MAX {
        return None;
    }
    let layers = order(&mut items, &pieces);
    settle(&mut items, &layers, &pieces);
    Some(draw(sizes, arrows, items, &layers, &chains))
}

/// Layer of each box, whether each arrow is turned, and the boxes that nothing leads to.
type Layers = (Vec<usize>, Vec<bool>, Vec<usize>);

fn layers(boxes: usize, arrows: &[Arrow]) -> Option<Layers> {
    let mut leaving: Vec<Vec<usize>> = vec![Vec::new(); boxes];
    let mut arriving = vec![0usize; boxes];
    for (at, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from != arrow.to) {
        leaving[arrow.from].push(at);
        arriving[arrow.to] += 1;
    }
    // Depth first from the start; an arrow to a box that is still open closes a cycle and is turned.
    let mut turned = vec![false; arrows.len()];
    let mut roots = Vec::new();
    let mut state = vec![0u8; boxes];
    let starts = (0..boxes).filter(|at| *at == 0 || arriving[*at] == 0);
    for root in starts.chain(0..boxes) {
        if state[root] != 0 {
            continue;
        }
        if root != 0 {
            roots.push(root);
        }
        state[root] = 1;
        let mut open = vec![(root, 0usize)];
        while let Some((at, next)) = open.last_mut() {
            let Some(arrow) = leaving[*at].get(*next).copied() else {
                state[*at] = 2;
                open.pop();
                continue;
            };
            *next += 1;
            let to = arrows[arrow].to;
            match state[to] {
                0 => {
                    state[to] = 1;
                    open.push((to, 0));
                }
                1 => turned[arrow] = true,
                _ => {}
            }
        }
    }
    // The longest way from the start is a box's layer. A label has a layer of its own in between.
    let mut waiting = vec![0usize; boxes];
    let mut down: Vec<Vec<(usize, usize)>> = vec![Vec::new(); boxes];
    for (at, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from != arrow.to) {
        let (from, to) = if turned[at] { (arrow.to, arrow.from) } else { (arrow.from, arrow.to) };
        down[from].push((to, 1 + usize::from(arrow.label > 0)));
        waiting[to] += 1;
    }
    for root in &roots {
        down[0].push((*root, 1));
        waiting[*root] += 1;
    }
    let mut ranks = vec![0usize; boxes];
    let mut ready = vec![0usize];
    let mut done = 0;
    while let Some(at) = ready.pop() {
        done += 1;
        for (to, length) in &down[at] {
            ranks[*to] = ranks[*to].max(ranks[at] + length);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    (done == boxes).then_some((ranks, turned, roots))
}

fn chains(
    arrows: &[Arrow],
    turned: &[bool],
    ranks: &[usize],
    items: &mut Vec<Item>,
) -> Option<Vec<Chain>> {
    let mut chains = Vec::new();
    // One lane for all that lead to a box: a handler that half of the states fall to would else fill the picture with lines.
    let mut lanes: BTreeMap<(usize, bool, bool, usize), usize> = BTreeMap::new();
    for (at, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from != arrow.to) {
        let up = turned[at];
        let (from, to) = if up { (arrow.to, arrow.from) } else { (arrow.from, arrow.to) };
        let bends = ranks[from] + 1..ranks[to];
        // The label stands where the arrow begins.
        let labelled = (arrow.label > 0).then(|| if up { bends.end - 1 } else { bends.start });
        let mut chain = Chain { arrow: at, up, items: vec![from], label: None };
        for rank in bends {
            let mut add = |width, height| {
                items.push(Item { rank, width, height, x: 0, is_box: false });
                items.len() - 1
            };
            let item = if labelled == Some(rank) {
                let item = add(arrow.label, LABEL_HEIGHT);
                chain.label = Some(item);
                item
            } else {
                *lanes.entry((arrow.to, up, arrow.dashed, rank)).or_insert_with(|| add(2, 0))
            };
            chain.items.push(item);
            if items.len() > ITEMS_MAX {
                return None;
            }
        }
        chain.items.push(to);
        chains.push(chain);
    }
    Some(chains)
}

/// Sets the middles, and answers with the items of each layer from left to right.
fn order(items: &mut [Item], pieces: &Joins) -> Vec<Vec<usize>> {
    // From the top: the library puts each vertex below those that it has already seen.
    let mut from_top: Vec<usize> = (0..items.len()).collect();
    from_top.sort_by_key(|at| (items[*at].rank, *at));
    let mut number = vec![0u32; items.len()];
    for (at, item) in from_top.iter().enumerate() {
        number[*item] = u32::try_from(at).unwrap_or(u32::MAX);
    }
    let vertices: Vec<(u32, (f64, f64))> = from_top
        .iter()
        .map(|at| {
            let gap = if items[*at].is_box { BOX_GAP } else { LANE_GAP };
            (number[*at], (f64::from(items[*at].width + gap), 1.0))
        })
        .collect();
    let edges: Vec<(u32, u32)> =
        pieces.keys().map(|(from, to)| (number[*from], number[*to])).collect();
    let config = Config {
        minimum_length: 1,
        vertex_spacing: 0.0,
        dummy_vertices: false,
        dummy_size: 1.0,
        ranking_type: RankingType::Up,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: items.len() <= 600,
    };
    let mut middle: Vec<f64> = (0..items.len()).map(|at| at as f64).collect();
    for (positions, ..) in rust_sugiyama::from_vertices_and_edges(&vertices, &edges, &config) {
        for (at, (x, _)) in positions {
            if let Some(item) = from_top.get(at).filter(|_| x.is_finite()) {
                middle[*item] = x.clamp(-1e6, 1e6);
            }
        }
    }
    for (item, middle) in items.iter_mut().zip(&middle) {
        item.x = (middle + 0.5) as i32;
    }
    let depth = items.iter().map(|item| item.rank + 1).max().unwrap_or(0);
    let mut layers = vec![Vec::new(); depth];
    for at in from_top {
        layers[items[at].rank].push(at);
    }
    for layer in &mut layers {
        layer.sort_by(|a, b| middle[*a].total_cmp(&middle[*b]).then(a.cmp(b)));
    }
    layers
}

/// How far apart the middles of two neighbours must be.
fn distance(left: &Item, right: &Item) -> i32 {
    let gap = if left.is_box && right.is_box { BOX_GAP } else { LANE_GAP };
    (left.width + right.width + 1) / 2 + gap
}

/// Puts every item as near to what it is joined with as its neighbours allow. The library's own places treat all arrows alike; here
/// lanes are kept straight first, then plain transitions, and handlers of errors give way.
fn settle(items: &mut [Item], layers: &[Vec<usize>], joins: &Joins) {
    let mut above: Vec<Vec<(usize, f64)>> = vec![Vec::new(); items.len()];
    let mut below = above.clone();
    for ((upper, lower), weight) in joins {
        above[*lower].push((*upper, *weight));
        below[*upper].push((*lower, *weight));
    }
    let mut x: Vec<f64> = items.iter().map(|item| f64::from(item.x)).collect();
    for round in 0..ROUNDS {
        // First whole ways are pulled straight, in one direction after the other; then what is left is evened out.
        let (up, down) = match round {
            round if round + 4 >= ROUNDS => (1.0, 1.0),
            round if round % 2 == 0 => (1.0, 0.05),
            _ => (0.05, 1.0),
        };
        let downwards = round % 2 == 0;
        for step in 0..layers.len() {
            let layer = &layers[if downwards { step } else { layers.len() - 1 - step }];
            let wishes: Vec<(f64, f64)> = layer
                .iter()
                .map(|item| {
                    let pulls = above[*item].iter().map(|(other, weight)| (other, weight * up));
                    let pulls = pulls
                        .chain(below[*item].iter().map(|(other, weight)| (other, weight * down)));
                    let (sum, weights) =
                        pulls.fold((0.0, 0.0), |(sum, weights), (other, weight)| {
                            (sum + x[*other] * weight, weights + weight)
                        });
                    if weights > 0.0 { (sum / weights, weights) } else { (x[*item], 0.01) }
                })
                .collect();
            fit(layer, items, &wishes, &mut x);
        }
    }
    for (item, x) in items.iter_mut().zip(&x) {
        item.x = *x as i32;
    }
}

/// The places nearest to the wishes of a layer at which neighbours are far enough from one another (isotonic regression).
fn fit(layer: &[usize], items: &[Item], wishes: &[(f64, f64)], x: &mut [f64]) {
    // Without the distances between them, the places of a layer only have to be in order; those that are not share one.
    let mut offset = 0;
    let mut offsets = Vec::with_capacity(layer.len());
    let mut groups: Vec<(f64, f64, usize)> = Vec::with_capacity(layer.len());
    for (at, item) in layer.iter().enumerate() {
        if at > 0 {
            offset += distance(&items[layer[at - 1]], &items[*item]);
        }
        offsets.push(offset);
        let (wish, weight) = wishes[at];
        groups.push((wish - f64::from(offset), weight, 1));
        while let [.., (left, left_weight, left_count), (right, right_weight, right_count)] =
            groups[..]
            && left > right
        {
            let weight = left_weight + right_weight;
            groups.pop();
            groups.pop();
            groups.push((
                (left * left_weight + right * right_weight) / weight,
                weight,
                left_count + right_count,
            ));
        }
    }
    let mut at = 0;
    for (place, _, count) in groups {
        // Whole pixels: rounded down alike, they stay in order.
        let place = place.floor();
        for _ in 0..count {
            x[layer[at]] = place + f64::from(offsets[at]);
            at += 1;
        }
    }
}

/// The ends of arrows at one side of a box: beside each other, in the order of where they come from.
fn ports(items: &[Item], sizes: &[Size], chains: &[Chain], at_bottom: bool) -> Vec<i32> {
    // Arrows that come from one lane have one end; those that come from a box have one each.
    let mut by_box: Vec<BTreeMap<(i32, usize, usize), Vec<usize>>> =
        vec![BTreeMap::new(); sizes.len()];
    for (at, chain) in chains.iter().enumerate() {
        let last = chain.items.len() - 1;
        let (own, other) = if at_bottom { (0, 1) } else { (last, last - 1) };
        let other = chain.items[other];
        let own_end = if items[other].is_box { at } else { 0 };
        // Two boxes meet half way.
        let x = match items[other].is_box {
            true => (items[other].x + items[chain.items[own]].x) / 2,
            false => items[other].x,
        };
        let end = by_box[chain.items[own]].entry((x, other, own_end));
        end.or_default().push(at);
    }
    let mut ports = vec![0; chains.len()];
    for (at, ends) in by_box.into_iter().enumerate() {
        let Ok(count) = i32::try_from(ends.len()) else { continue };
        if count == 0 {
            continue;
        }
        // Straight ahead where the other end is above or below the box; otherwise near the middle.
        let room = (sizes[at].width / 2 - CORNER).max(0);
        let step = PORT_GAP.min(2 * room / count).max(1);
        let spread = step * (count - 1) / 2;
        let mut wanted: Vec<i32> = Vec::with_capacity(ends.len());
        for (index, (other, ..)) in ends.keys().enumerate() {
            let index = i32::try_from(index).unwrap_or(0);
            let ahead = other - items[at].x;
            let own = index * step - spread;
            let offset = if ahead.abs() <= room { ahead } else { own };
            // In their order, and with room left for those that follow.
            let least = wanted.last().map_or(-room.max(spread), |before| before + step);
            let most = room.max(spread) - step * (count - 1 - index);
            wanted.push(offset.clamp(least.min(most), most));
        }
        for (arrows, offset) in ends.into_values().zip(wanted) {
            for chain in arrows {
                ports[chain] = items[at].x + offset;
            }
        }
    }
    ports
}

fn draw(
    sizes: &[Size],
    arrows: &[Arrow],
    mut items: Vec<Item>,
    layers: &[Vec<usize>],
    chains: &[Chain],
) -> Placed {
    let left = items.iter().map(|item| item.x - (item.width + 1) / 2).min().unwrap_or(0);
    for item in &mut items {
        item.x -= left;
    }
    let width = items.iter().map(|item| item.x + (item.width + 1) / 2).max().unwrap_or(0);
    let mut tops = Vec::with_capacity(layers.len());
    let mut y = 0;
    for layer in layers {
        let height = layer.iter().map(|item| items[*item].height).max().unwrap_or(0);
        tops.push((y, y + height));
        y += height + LAYER_GAP;
    }
    let height = (y - LAYER_GAP).max(0);
    let boxes: Vec<(i32, i32)> = sizes
        .iter()
        .enumerate()
        .map(|(at, size)| {
            let (top, bottom) = tops[items[at].rank];
            (items[at].x - size.width / 2, top + (bottom - top - size.height) / 2)
        })
        .collect();
    let leave = ports(&items, sizes, chains, true);
    let arrive = ports(&items, sizes, chains, false);
    let mut ways = vec![Way { points: Vec::new(), label: None }; arrows.len()];
    for (at, chain) in chains.iter().enumerate() {
        let last = chain.items.len() - 1;
        let mut points = Vec::with_capacity(2 * chain.items.len());
        for (step, item) in chain.items.iter().enumerate() {
            let (top, bottom) = tops[items[*item].rank];
            if step == 0 {
                points.push((leave[at], boxes[*item].1 + sizes[*item].height));
                points.push((leave[at], bottom));
            } else if step == last {
                points.push((arrive[at], top));
                points.push((arrive[at], boxes[*item].1));
            } else {
                points.push((items[*item].x, top));
                points.push((items[*item].x, bottom));
            }
        }
        points.dedup();
        if chain.up {
            points.reverse();
        }
        let label = chain.label.map(|item| {
            let (top, bottom) = tops[items[item].rank];
            (items[item].x, (top + bottom) / 2)
        });
        ways[chain.arrow] = Way { points, label };
    }
    for (at, arrow) in arrows.iter().enumerate().filter(|(_, arrow)| arrow.from == arrow.to) {
        let (x, y) = boxes[arrow.from];
        let size = sizes[arrow.from];
        let (x, upper, lower) = (x + size.width, y + size.height / 4, y + size.height * 3 / 4);
        let out = x + LOOP_WIDTH - 12;
        let label = (arrow.label > 0).then_some((out + 6 + arrow.label / 2, (upper + lower) / 2));
        ways[at] = Way { points: vec![(x, lower), (out, lower), (out, upper), (x, upper)], label };
    }
    Placed { width, height, boxes, ways }
}

/// A way as the data of an SVG path.
pub(super) fn path(points: &[(i32, i32)]) -> String {
    let mut path = String::new();
    let mut last: Option<(i32, i32)> = None;
    for (x, y) in points {
        let _ = match last {
            None => write!(path, "M{x} {y}"),
            Some((before, _)) if before == *x => write!(path, "V{y}"),
            Some((_, before)) if before == *y => write!(path, "H{x}"),
            Some((from, above)) => {
                let half = (above + y) / 2;
                write!(path, "C{from} {half} {x} {half} {x} {y}")
            }
        };
        last = Some((*x, *y));
    }
    path
}
