//! The wanted paths of all rules, as a tree of keys.

use super::NO_PATH;
use crate::locate::{KEYWORDS_EXCEPT, UNMAPPED};
use crate::token::unescape;
use std::collections::HashMap;

/// No node: nothing below is wanted.
pub(crate) const NO_NODE: u32 = u32::MAX;

/// Keys from the root to the wanted values. Each wanted path has a number.
#[derive(Debug)]
pub(crate) struct PathTree {
    nodes: Vec<Node>,
    /// The wanted paths, by number, for people.
    names: Vec<Box<str>>,
    /// Whether everything is wanted but what keywords leave out: then objects are captured besides
    /// their scalars.
    keywords: bool,
}

#[derive(Debug)]
struct Node {
    children: HashMap<Box<[u8]>, u32>,
    path: u32,
}

impl Node {
    fn new() -> Self {
        Self { children: HashMap::new(), path: NO_PATH }
    }
}

impl PathTree {
    pub(crate) fn new() -> Self {
        Self { nodes: vec![Node::new()], names: Vec::new(), keywords: false }
    }

    /// The tree that wants every value that keywords look into, all as path 0.
    pub(crate) fn keywords() -> Self {
        let everything = Node { children: HashMap::new(), path: 0 };
        Self { nodes: vec![Node::new(), everything], names: vec!["".into()], keywords: true }
    }

    /// The number of the path of these keys, which is wanted from now on.
    pub(crate) fn want(&mut self, keys: &[String]) -> u32 {
        let mut at = 0;
        for key in keys {
            let next = self.nodes.len() as u32;
            let children = &mut self.nodes[at as usize].children;
            at = *children.entry(key.as_bytes().into()).or_insert(next);
            if at == next {
                self.nodes.push(Node::new());
            }
        }
        let node = &mut self.nodes[at as usize];
        if node.path == NO_PATH {
            node.path = self.names.len() as u32;
            self.names.push(keys.join(".").into());
        }
        node.path
    }

    /// The number of the path of these keys, if it is wanted.
    pub(crate) fn number(&self, keys: &[String]) -> u32 {
        let mut at = 0;
        for key in keys {
            match self.nodes[at as usize].children.get(key.as_bytes()) {
                Some(next) => at = *next,
                None => return NO_PATH,
            }
        }
        self.nodes[at as usize].path
    }

    /// How many paths are wanted.
    pub(crate) fn paths(&self) -> usize {
        self.names.len()
    }

    /// A wanted path, with dots between its keys.
    pub(crate) fn name(&self, path: u32) -> &str {
        &self.names[path as usize]
    }

    pub(crate) fn root(&self) -> u32 {
        0
    }

    /// The path that ends at `node`.
    pub(crate) fn path(&self, node: u32) -> u32 {
        match node {
            NO_NODE => NO_PATH,
            node => self.nodes[node as usize].path,
        }
    }

    /// Whether `node` is the object in which blanks in keys do not count.
    pub(crate) fn is_unmapped(&self, node: u32) -> bool {
        !self.keywords
            && node != NO_NODE
            && self.nodes[0].children.get(UNMAPPED.as_bytes()) == Some(&node)
    }

    /// The node of member `key` of the object at `node`.
    pub(crate) fn child(&self, node: u32, key: &[u8], escaped: bool, squeeze: bool) -> u32 {
        if self.keywords {
            let except = node == 0 && KEYWORDS_EXCEPT.iter().any(|name| name.as_bytes() == key);
            return if except || node == NO_NODE { NO_NODE } else { 1 };
        }
        if node == NO_NODE {
            return NO_NODE;
        }
        let children = &self.nodes[node as usize].children;
        if escaped || squeeze && key.contains(&b' ') {
            let mut plain = String::new();
            unescape(key, &mut plain);
            let found = children.get(plain.as_bytes());
            let squeezed = || children.get(plain.replace(' ', "").as_bytes()).filter(|_| squeeze);
            return found.or_else(squeezed).copied().unwrap_or(NO_NODE);
        }
        children.get(key).copied().unwrap_or(NO_NODE)
    }
}
