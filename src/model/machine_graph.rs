//! The picture of a machine as something to move in: which state is where, and which one an arrow key leads to.

use coldstart_protocol::{Graph, GraphEdgeKind, GraphNode, GraphNodeKind};

/// Whether a box is a state that can be selected: one that exists, or is only named.
pub fn is_state(node: &GraphNode) -> bool {
    matches!(node.kind, GraphNodeKind::State | GraphNodeKind::Missing)
}

/// The box of a state.
pub fn node_of(graph: &Graph, name: &str) -> Option<usize> {
    graph.nodes.iter().position(|node| is_state(node) && node.name == name)
}

/// The innermost state whose text holds an offset.
pub fn state_at(graph: &Graph, offset: usize) -> Option<&str> {
    graph
        .nodes
        .iter()
        .filter(|node| {
            node.kind == GraphNodeKind::State && node.from <= offset && offset <= node.to
        })
        .min_by_key(|node| node.to - node.from)
        .map(|node| node.name.as_str())
}

/// How deep a state is inside others, from 1.
pub fn level(graph: &Graph, at: usize) -> usize {
    let mut level = 1;
    let mut node = &graph.nodes[at];
    while let Some(parent) = node.parent.and_then(|parent| graph.nodes.get(parent)) {
        level += usize::from(parent.kind == GraphNodeKind::State);
        node = parent;
    }
    level
}

/// The state around a state: the Parallel or Map state that it is inside.
fn holder(graph: &Graph, at: usize) -> Option<usize> {
    let frame = graph.nodes[at].parent?;
    graph.nodes[frame].parent
}

/// The first states of a state's branches or of its processor.
fn entries(graph: &Graph, at: usize) -> Vec<usize> {
    let frames = graph
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.kind == GraphNodeKind::Frame && node.parent == Some(at));
    frames
        .filter_map(|(frame, _)| {
            let inside = |node: &GraphNode| node.parent == Some(frame);
            let entry = graph
                .nodes
                .iter()
                .position(|node| node.kind == GraphNodeKind::Entry && inside(node))?;
            targets(graph, entry)
                .first()
                .copied()
                .or_else(|| graph.nodes.iter().position(|node| is_state(node) && inside(node)))
        })
        .collect()
}

/// The states that a box leads to, `Next` and `Default` before rules, and those before catchers.
pub fn targets(graph: &Graph, at: usize) -> Vec<usize> {
    let mut edges: Vec<_> = graph.edges.iter().filter(|edge| edge.from == at).collect();
    edges.sort_by_key(|edge| match edge.kind {
        GraphEdgeKind::Next => 0,
        GraphEdgeKind::Choice => 1,
        GraphEdgeKind::Default => 2,
        GraphEdgeKind::Catch => 3,
    });
    edges.iter().map(|edge| edge.to).filter(|to| is_state(&graph.nodes[*to])).collect()
}

fn sources(graph: &Graph, at: usize) -> Vec<usize> {
    let edges = graph.edges.iter().filter(|edge| edge.to == at && edge.from != at);
    edges.map(|edge| edge.from).filter(|from| is_state(&graph.nodes[*from])).collect()
}

/// A key that moves in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Along a transition, or into a state that holds others.
    Down,
    /// Back.
    Up,
    /// To the neighbour on the left: another branch, rule or catcher.
    Left,
    /// To the neighbour on the right.
    Right,
    /// To the first state.
    First,
    /// To the last one.
    Last,
}

/// Where a key leads; none when there is nothing in that direction. `trail` are the states that one came through, the last one last.
pub fn moved(graph: &Graph, at: Option<usize>, way: Move, trail: &[usize]) -> Option<usize> {
    let states = || graph.nodes.iter().enumerate().filter(|(_, node)| is_state(node));
    let first = || {
        let start = graph.nodes.iter().position(|node| node.kind == GraphNodeKind::Start);
        let start = start.and_then(|start| targets(graph, start).first().copied());
        start.or_else(|| states().next().map(|(at, _)| at))
    };
    let Some(at) = at else { return first() };
    match way {
        Move::First => first(),
        Move::Last => {
            states().max_by_key(|(_, node)| (node.frame.1, node.frame.0)).map(|(at, _)| at)
        }
        Move::Down => {
            let inside = entries(graph, at).first().copied();
            let next = || targets(graph, at).into_iter().find(|to| *to != at);
            // After the end of a branch comes what follows the state around it.
            let after = || {
                let around =
                    std::iter::successors(holder(graph, at), |around| holder(graph, *around));
                around.filter_map(|around| targets(graph, around).first().copied()).next()
            };
            inside.or_else(next).or_else(after)
        }
        Move::Up => {
            let before = sources(graph, at);
            let came = trail.iter().rev().find(|from| before.contains(from)).copied();
            came.or_else(|| before.first().copied()).or_else(|| holder(graph, at))
        }
        Move::Left | Move::Right => {
            let (x, y) = middle(&graph.nodes[at]);
            states()
                .filter(|(other, _)| {
                    *other != at && !holds(graph, *other, at) && !holds(graph, at, *other)
                })
                .filter_map(|(other, node)| {
                    let (other_x, other_y) = middle(node);
                    let across = if way == Move::Left { x - other_x } else { other_x - x };
                    let off = (other_y - y).abs();
                    (across > 8 && off < across * 2 + 80).then_some((across + 3 * off, other))
                })
                .min()
                .map(|(_, other)| other)
        }
    }
}

fn middle(node: &GraphNode) -> (i32, i32) {
    let (x, y, width, height) = node.frame;
    (x + width / 2, y + height / 2)
}

fn holds(graph: &Graph, outer: usize, inner: usize) -> bool {
    std::iter::successors(graph.nodes[inner].parent, |at| graph.nodes[*at].parent)
        .any(|at| at == outer)
}

/// A state in words: what is seen of it, as it is seen (the picture may cut a name), then the rest, and where it leads.
pub fn described(graph: &Graph, at: usize, badge: &str) -> String {
    let node = &graph.nodes[at];
    let mut text = format!("{}, {}", node.title, node.subtitle);
    if !badge.is_empty() {
        text += &format!(", {badge}");
    }
    if node.title != node.name {
        text += &format!(", {}", node.name);
    }
    if !node.state_type.is_empty() && !node.subtitle.starts_with(&node.state_type) {
        text += &format!(", {}", node.state_type);
    }
    if node.kind == GraphNodeKind::State && !node.reachable {
        text += ", not reachable";
    }
    let branches = entries(graph, at).len();
    if branches > 1 {
        text += &format!(", {branches} branches");
    }
    let mut leads: Vec<String> = Vec::new();
    for edge in graph.edges.iter().filter(|edge| edge.from == at) {
        let to = &graph.nodes[edge.to];
        let name = if to.kind == GraphNodeKind::End { "the end" } else { to.name.as_str() };
        match edge.label.as_str() {
            "" => leads.push(name.to_owned()),
            label => leads.push(format!("{name} ({label})")),
        }
    }
    if !leads.is_empty() {
        text += &format!(". Leads to {}", leads.join(", "));
    }
    text
}

/// How much a picture is enlarged, in percent.
pub const ZOOMS: [u32; 9] = [25, 35, 50, 65, 80, 100, 125, 160, 200];

/// The next zoom in a direction.
pub fn zoomed(zoom: u32, closer: bool) -> u32 {
    match closer {
        true => ZOOMS.into_iter().find(|step| *step > zoom).unwrap_or(ZOOMS[ZOOMS.len() - 1]),
        false => ZOOMS.into_iter().rev().find(|step| *step < zoom).unwrap_or(ZOOMS[0]),
    }
}

/// The zoom at which a picture fits into a window, at most 100 %.
pub fn fitting(graph: &Graph, width: i32, height: i32) -> u32 {
    let fits = |zoom: &u32| {
        let scale = |length: i32| i64::from(length) * i64::from(*zoom) / 100;
        scale(graph.width) <= i64::from(width) && scale(graph.height) <= i64::from(height)
    };
    ZOOMS.into_iter().rev().filter(|zoom| *zoom <= 100).find(fits).unwrap_or(ZOOMS[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use coldstart_protocol::GraphEdge;

    fn node(kind: GraphNodeKind, name: &str, parent: Option<usize>, x: i32, y: i32) -> GraphNode {
        GraphNode {
            kind,
            name: name.into(),
            title: name.into(),
            subtitle: "Pass".into(),
            state_type: "Pass".into(),
            parent,
            frame: (x, y, 100, 40),
            reachable: true,
            from: y as usize,
            to: y as usize + 10,
        }
    }

    fn edge(from: usize, to: usize, kind: GraphEdgeKind) -> GraphEdge {
        GraphEdge { from, to, kind, label: String::new(), label_frame: None, path: String::new() }
    }

    /// Start → A; A → B, catches to C; B is a Parallel of D and E; B → F.
    fn graph() -> Graph {
        use GraphNodeKind::*;
        let nodes = vec![
            node(Start, "", None, 100, 0),
            node(State, "A", None, 100, 50),
            node(State, "B", None, 100, 100),
            node(Frame, "1", Some(2), 60, 110),
            node(Entry, "", Some(3), 60, 120),
            node(State, "D", Some(3), 60, 130),
            node(Frame, "2", Some(2), 240, 110),
            node(Entry, "", Some(6), 240, 120),
            node(State, "E", Some(6), 240, 130),
            node(State, "C", None, 400, 100),
            node(State, "F", None, 100, 200),
        ];
        use GraphEdgeKind::*;
        let edges = vec![
            edge(1, 9, Catch),
            edge(0, 1, Next),
            edge(1, 2, Next),
            edge(4, 5, Next),
            edge(7, 8, Next),
            edge(2, 10, Next),
            edge(9, 10, Next),
        ];
        Graph { width: 500, height: 300, nodes, edges }
    }

    fn walk(from: &str, ways: &[Move]) -> String {
        let graph = graph();
        let mut at = node_of(&graph, from);
        let mut trail = Vec::new();
        for way in ways {
            let next = moved(&graph, at, *way, &trail);
            trail.extend(at.filter(|_| next.is_some()));
            at = next.or(at);
        }
        at.map(|at| graph.nodes[at].name.clone()).unwrap_or_default()
    }

    #[test]
    fn arrows_follow_transitions_and_go_back_the_way_one_came() {
        use Move::*;
        assert_eq!(walk("", &[Down]), "A");
        assert_eq!(walk("A", &[Down]), "B", "before the catcher");
        assert_eq!(walk("A", &[Down, Down]), "D", "into the first branch");
        assert_eq!(walk("D", &[Right]), "E");
        assert_eq!(walk("E", &[Down]), "F", "after the branches");
        assert_eq!(walk("D", &[Up]), "B");
        assert_eq!(walk("B", &[Right]), "C");
        assert_eq!(walk("C", &[Down, Up]), "C", "not B, which leads there too");
        assert_eq!(walk("F", &[Up]), "B");
        assert_eq!(walk("F", &[First]), "A");
        assert_eq!(walk("A", &[Last]), "F");
        assert_eq!(walk("A", &[Up]), "A");
    }

    #[test]
    fn the_cursor_is_in_the_innermost_state() {
        let graph = graph();
        assert_eq!(state_at(&graph, 55), Some("A"));
        assert_eq!(state_at(&graph, 300), None);
        assert_eq!((level(&graph, 1), level(&graph, 5)), (1, 2));
    }

    #[test]
    fn a_state_says_where_it_leads() {
        let graph = graph();
        assert_eq!(described(&graph, 1, "Succeeded"), "A, Pass, Succeeded. Leads to C, B");
        assert_eq!(described(&graph, 2, ""), "B, Pass, 2 branches. Leads to F");
    }

    #[test]
    fn zoom_goes_in_steps_and_fits() {
        assert_eq!(
            (zoomed(100, true), zoomed(100, false), zoomed(200, true), zoomed(25, false)),
            (125, 80, 200, 25)
        );
        assert_eq!(fitting(&graph(), 260, 1000), 50);
        assert_eq!(fitting(&graph(), 9000, 9000), 100);
        assert_eq!(fitting(&graph(), 1, 1), 25);
    }
}
