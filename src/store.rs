//! Small stores outside the component tree: pure reducers inside, listeners around.
//!
//! Flows that wait for the engine need what is true *now*, not what was when a component was last drawn; so the state lives here, and
//! components draw the part of it that they select.
//!
//! Invariant: listeners are called after the change, never during it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use yew::Reducible;

type Listeners = BTreeMap<u64, Rc<dyn Fn()>>;

/// State with listeners.
pub struct Store<T> {
    state: RefCell<Rc<T>>,
    listeners: RefCell<Listeners>,
    next: Cell<u64>,
}

impl<T: Reducible> Store<T> {
    /// With its first state.
    pub fn new(state: T) -> Self {
        Self {
            state: RefCell::new(Rc::new(state)),
            listeners: RefCell::default(),
            next: Cell::new(0),
        }
    }
    /// What is true now.
    pub fn get(&self) -> Rc<T> {
        self.state.borrow().clone()
    }
    /// Changes it, and tells everybody unless the reducer kept it.
    pub fn dispatch(&self, action: T::Action) {
        let before = self.get();
        let after = before.clone().reduce(action);
        if Rc::ptr_eq(&before, &after) {
            return;
        }
        *self.state.borrow_mut() = after;
        drop(before);
        let listeners: Vec<_> = self.listeners.borrow().values().cloned().collect();
        listeners.iter().for_each(|listener| listener());
    }
    /// Calls `listener` after each change, until [`Store::forget`].
    pub fn listen(&self, listener: Rc<dyn Fn()>) -> u64 {
        let id = self.next.get();
        self.next.set(id + 1);
        self.listeners.borrow_mut().insert(id, listener);
        id
    }
    /// Ends a [`Store::listen`].
    pub fn forget(&self, id: u64) {
        self.listeners.borrow_mut().remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(u32);
    impl Reducible for Count {
        type Action = u32;
        fn reduce(self: Rc<Self>, add: u32) -> Rc<Self> {
            if add == 0 { self } else { Rc::new(Self(self.0 + add)) }
        }
    }

    #[test]
    fn listeners_hear_of_changes_only() {
        let store = Store::new(Count(1));
        let heard = Rc::new(Cell::new(0));
        let id = store.listen({
            let heard = heard.clone();
            Rc::new(move || heard.set(heard.get() + 1))
        });
        store.dispatch(2);
        store.dispatch(0);
        assert_eq!((store.get().0, heard.get()), (3, 1));
        store.forget(id);
        store.dispatch(1);
        assert_eq!((store.get().0, heard.get()), (4, 1));
    }
}
