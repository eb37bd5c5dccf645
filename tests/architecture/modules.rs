//! Which module of a package imports which, and where they do so in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Code, Import, code};

/// A module by its path below the package's root, which is the empty one.
pub(crate) type Module = Vec<String>;

/// The modules of one package.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    code: BTreeMap<Module, Code>,
}

impl Modules {
    /// Takes in the file of a module: its path without the ending, as `store/sqlite/mod`.
    pub(crate) fn add(&mut self, path: &str, text: &str) -> Result<(), proc_macro2::LexError> {
        let mut module: Module = path.split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
            module.pop();
        }
        self.code.insert(module, code(text)?);
        Ok(())
    }

    /// Groups of modules that import each other, in one circle or several, each in order.
    pub(crate) fn circles(&self) -> Vec<Vec<Module>> {
        let edges: BTreeMap<_, _> = self.code.keys().map(|module| (module, self.imported(module))).collect();
        let reach = |from: &Module| {
            let mut found = BTreeSet::new();
            let mut next = vec![from.clone()];
            while let Some(module) = next.pop() {
                next.extend(edges[&module].iter().filter(|to| found.insert((*to).clone())).cloned());
            }
            found
        };
        let reached: BTreeMap<_, _> = self.code.keys().map(|module| (module.clone(), reach(module))).collect();
        let circles = self.code.keys().filter(|module| reached[*module].contains(*module)).map(|module| {
            reached[module].iter().filter(|other| reached[*other].contains(module)).cloned().collect::<Vec<_>>()
        });
        circles.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The other modules that a module imports. What it passes on to others is used by it only if its own code names it.
    fn imported(&self, module: &Module) -> BTreeSet<Module> {
        let code = &self.code[module];
        let is_named = |name: &String| code.bare.contains(name) && !code.declared.contains(name);
        let is_used = |import: &&Import| !import.is_reexport || is_named(&import.name);
        let imports = code.imports.iter().filter(is_used).map(|import| &import.path);
        let paths = imports.chain(&code.paths).filter_map(|path| self.absolute(module, path));
        paths.map(|path| self.home(&path, 0)).filter(|other| other != module).collect()
    }

    /// A path from the package's root on, if it leads into this package.
    fn absolute(&self, module: &Module, path: &[String]) -> Option<Vec<String>> {
        let (up, rest) = match path.first()?.as_str() {
            "crate" => (module.len(), &path[1..]),
            "self" => (0, &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|segment| *segment == "super").count();
                (ups, &path[ups..])
            }
            child => {
                let below = [module.as_slice(), &[child.to_owned()]].concat();
                (if self.code.contains_key(&below) { 0 } else { return None }, path)
            }
        };
        let above = &module[..module.len().checked_sub(up)?];
        Some([above, rest].concat())
    }

    /// The module in which what a path names is written: a name that is passed on is followed to where it comes from.
    fn home(&self, path: &[String], hops: usize) -> Module {
        let known = (0..=path.len()).rev().find(|len| self.code.contains_key(&path[..*len])).unwrap_or(0);
        let module = path[..known].to_vec();
        let Some(name) = path.get(known) else { return module };
        let passed_on = self.code.get(&module).and_then(|code| {
            let import = code.imports.iter().find(|import| import.name == *name)?;
            self.absolute(&module, &import.path)
        });
        match passed_on {
            Some(origin) if hops < 8 => self.home(&[&origin, &path[known + 1..]].concat(), hops + 1),
            _ => module,
        }
    }
}
