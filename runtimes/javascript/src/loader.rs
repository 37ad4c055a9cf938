//! Modules: the runtime's own from what is compiled in, others as js/modules.js says.

use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Error, Function, Module, Result};

/// Where the runtime's own files are, as far as a stack shows.
const OWN: &str = "/var/runtime/";

pub(crate) struct Files;

impl Resolver for Files {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        if name.starts_with(OWN) {
            return Ok(name.to_owned());
        }
        if let Some(base) = base.strip_prefix(OWN)
            && name.starts_with('.')
        {
            return Ok(format!("{OWN}{}", relative(base, name)));
        }
        crate::runtime_object(ctx)?.get::<_, Function<'_>>("resolveImport")?.call((base, name))
    }
}

/// `./b.js` or `../b.js` beside `a/c.js`.
fn relative(base: &str, name: &str) -> String {
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

impl Loader for Files {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _attributes: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        if let Some(own) = name.strip_prefix(OWN) {
            let source = crate::source(own).ok_or_else(|| Error::new_loading(name))?;
            return Module::declare(ctx.clone(), name, source);
        }
        let source: String =
            crate::runtime_object(ctx)?.get::<_, Function<'_>>("sourceOf")?.call((name,))?;
        let module = Module::declare(ctx.clone(), name, source)?;
        let meta = module.meta()?;
        meta.set("url", name)?;
        if let Some(path) = name.strip_prefix("file://") {
            meta.set("filename", path)?;
            meta.set("dirname", path.rsplit_once('/').map_or("/", |(folder, _)| folder))?;
        }
        Ok(module)
    }
}
