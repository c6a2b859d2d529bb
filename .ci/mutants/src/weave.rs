//! Sources with every mutant in them, each behind its switch.

use std::collections::{BTreeMap, HashMap, HashSet};

use proc_macro2::{LineColumn, Span};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Arm, Block, Expr, ExprBinary, ExprStruct, ExprUnary, Pat, ReturnType, Signature, Stmt};

use crate::list::Mutant;

/// A file with its mutants in it.
pub struct Woven {
    pub text: String,
    /// The first and last line of the text of each mutant.
    pub lines: BTreeMap<u32, (usize, usize)>,
}

/// Writes the mutants of one file into its text, other than those to leave out.
pub fn weave(text: &str, mutants: &[Mutant], left_out: &HashSet<u32>) -> Woven {
    let file = syn::parse_file(text).expect("the sources compile");
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut loom = Loom {
        text,
        starts,
        at: HashMap::new(),
        inserts: Vec::new(),
        is_exhaustive: false,
        is_constant: false,
    };
    for mutant in mutants.iter().filter(|mutant| !left_out.contains(&mutant.number)) {
        let start = loom.offset(mutant.start);
        loom.at.entry((mutant.genre.as_str(), start)).or_default().push(mutant);
    }
    loom.visit_file(&file);
    loom.finish()
}

struct Loom<'a> {
    text: &'a str,
    starts: Vec<usize>,
    at: HashMap<(&'a str, usize), Vec<&'a Mutant>>,
    /// Where, what orders those at one place, and the text.
    inserts: Vec<(usize, (bool, isize, isize), String)>,
    /// The arms at hand end with one for whatever is left, so that any other can have a guard.
    is_exhaustive: bool,
    /// What is at hand is evaluated by the compiler, where no mutant can be switched on.
    is_constant: bool,
}

impl<'a> Loom<'a> {
    fn offset(&self, (line, column): (usize, usize)) -> usize {
        let start = self.starts[line - 1];
        let rest = &self.text[start..];
        start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at)
    }

    fn bounds(&self, span: Span) -> (usize, usize) {
        let at = |place: LineColumn| self.offset((place.line, place.column + 1));
        (at(span.start()), at(span.end()))
    }

    fn take(&mut self, genre: &'static str, start: usize) -> Vec<&'a Mutant> {
        if self.is_constant {
            return Vec::new();
        }
        self.at.remove(&(genre, start)).unwrap_or_default()
    }

    /// Puts text around a part of the file; what is added first is further outside.
    fn around(&mut self, (start, end): (usize, usize), before: String, after: &str) {
        let order = isize::try_from(self.inserts.len()).expect("it is small");
        let position = |at| isize::try_from(at).expect("it is small");
        self.inserts.push((start, (true, -position(end), order), before));
        self.inserts.push((end, (false, -position(start), -order), after.to_owned()));
    }

    /// Makes an expression one that is another where a mutant is on.
    fn choose(&mut self, bounds: (usize, usize), others: &[(&Mutant, String)]) {
        if !others.is_empty() {
            let others = others.iter().map(|(mutant, text)| format!("if {} {{ {text} }} else ", on(mutant)));
            self.around(bounds, format!("({}{{", others.collect::<String>()), "})");
        }
    }

    fn body(&mut self, signature: &Signature, block: &Block) {
        let Some(first) = block.stmts.first() else { return };
        let mutants = self.take("FnValue", self.bounds(first.span()).0);
        let (open, close) =
            (self.bounds(block.brace_token.span.open()).1, self.bounds(block.brace_token.span.close()).0);
        let output = match &signature.output {
            ReturnType::Type(_, of) => self.bounds(of.span()),
            ReturnType::Default => (0, 0),
        };
        let output = &self.text[output.0..output.1];
        let opaque = output.starts_with("impl Iterator");
        if output.contains("impl ") && !opaque {
            return;
        }
        for mutant in &mutants {
            let value = match mutant.replacement.strip_prefix("::std::iter::") {
                Some(value) if opaque => {
                    let value = value.replacen("empty()", "None", 1).replacen("once", "Some", 1);
                    format!("::mutant::Either::Left({value}.into_iter())")
                }
                _ => mutant.replacement.clone(),
            };
            self.around(
                (open, close),
                format!("if {} {}", on(mutant), marked(mutant, &format!("{{ return {value}; }}"))),
                "",
            );
        }
        if let (true, false, Some(Stmt::Expr(tail, None))) = (opaque, mutants.is_empty(), block.stmts.last())
        {
            self.around(self.bounds(tail.span()), "::mutant::Either::Right({".to_owned(), "})");
        }
    }

    /// A binary operator and those beside it without parentheses: with another operator in its
    /// place, the whole may be read otherwise.
    fn chain(&mut self, root: &ExprBinary, in_let: bool) {
        let mut operators = Vec::new();
        let has_let = gather(root, &mut operators);
        if !has_let {
            let bounds = self.bounds(root.span());
            let mut others = Vec::new();
            for operator in operators {
                let (start, end) = self.bounds(operator);
                for mutant in self.take("BinaryOperator", start) {
                    // It would be an error beside a `let`.
                    if !(in_let && mutant.replacement == "||") {
                        let (before, after) = (&self.text[bounds.0..start], &self.text[end..bounds.1]);
                        others.push((
                            mutant,
                            marked(mutant, &format!("{before}{}{after}", mutant.replacement)),
                        ));
                    }
                }
            }
            self.choose(bounds, &others);
        }
        for operand in [&root.left, &root.right] {
            match &**operand {
                Expr::Binary(inner) if has_let => self.chain(inner, true),
                other => self.visit_expr(other),
            }
        }
    }

    fn within(&mut self, is_constant: bool, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.is_constant, is_constant);
        visit(self);
        self.is_constant = outer;
    }

    fn finish(mut self) -> Woven {
        self.inserts.sort_by_key(|(at, order, _)| (*at, *order));
        let (mut text, mut from) = (String::new(), 0);
        for (at, _, insert) in &self.inserts {
            text.push_str(&self.text[from..*at]);
            text.push_str(insert);
            from = *at;
        }
        text.push_str(&self.text[from..]);
        let mut lines = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if let Some(number) = line.trim().strip_prefix("/*[*/ /*").and_then(|line| line.split('*').next())
            {
                lines.insert(number.parse().expect("a number"), (index + 1, index + 1));
            }
            if let Some(number) = line.trim().strip_prefix("/*]*/ /*").and_then(|line| line.split('*').next())
            {
                lines.entry(number.parse().expect("a number")).and_modify(|(_, last)| *last = index + 1);
            }
        }
        Woven { text, lines }
    }
}

/// Gathers the operators of a chain, and tells if there is a `let` in it.
fn gather(root: &ExprBinary, operators: &mut Vec<Span>) -> bool {
    let mut operand = |expression: &Expr| match expression {
        Expr::Binary(inner) => gather(inner, operators),
        other => matches!(other, Expr::Let(_)),
    };
    let has_let = [operand(&root.left), operand(&root.right)].contains(&true);
    operators.push(root.op.span());
    has_let
}

fn on(mutant: &Mutant) -> String {
    format!("::mutant::on({})", mutant.number)
}

/// The text of a mutant on lines of its own, by which errors of the compiler find it.
fn marked(mutant: &Mutant, text: &str) -> String {
    format!("\n/*[*/ /*{0}*/\n{text}\n/*]*/ /*{0}*/\n", mutant.number)
}

impl<'a> Visit<'a> for Loom<'_> {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.within(false, |loom| {
            loom.body(&item.sig, &item.block);
            visit::visit_item_fn(loom, item);
        });
    }

    fn visit_expr_closure(&mut self, closure: &'a syn::ExprClosure) {
        self.within(false, |loom| visit::visit_expr_closure(loom, closure));
    }

    fn visit_item_const(&mut self, item: &'a syn::ItemConst) {
        self.within(true, |loom| visit::visit_item_const(loom, item));
    }

    fn visit_item_static(&mut self, item: &'a syn::ItemStatic) {
        self.within(true, |loom| visit::visit_item_static(loom, item));
    }

    fn visit_impl_item_const(&mut self, item: &'a syn::ImplItemConst) {
        self.within(true, |loom| visit::visit_impl_item_const(loom, item));
    }

    fn visit_expr_const(&mut self, block: &'a syn::ExprConst) {
        self.within(true, |loom| visit::visit_expr_const(loom, block));
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.body(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.body(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_pat(&mut self, _: &'a Pat) {}

    fn visit_expr_binary(&mut self, root: &'a ExprBinary) {
        self.chain(root, false);
    }

    fn visit_expr_unary(&mut self, expression: &'a ExprUnary) {
        let (bounds, operand) = (self.bounds(expression.span()), self.bounds(expression.expr.span()));
        let mutants = self.take("UnaryOperator", bounds.0);
        let text = &self.text[operand.0..operand.1];
        let others: Vec<_> = mutants.into_iter().map(|mutant| (mutant, marked(mutant, text))).collect();
        self.choose(bounds, &others);
        visit::visit_expr_unary(self, expression);
    }

    fn visit_expr_match(&mut self, expression: &'a syn::ExprMatch) {
        let is_any = |arm: &Arm| arm.guard.is_none() && matches!(arm.pat, Pat::Wild(_));
        let is_exhaustive = expression.arms.iter().any(is_any);
        self.visit_expr(&expression.expr);
        for arm in &expression.arms {
            self.is_exhaustive = is_exhaustive;
            self.visit_arm(arm);
        }
    }

    fn visit_arm(&mut self, arm: &'a Arm) {
        let pattern = self.bounds(arm.pat.span());
        let deleted = if self.is_exhaustive || arm.guard.is_some() {
            self.take("MatchArm", pattern.0)
        } else {
            Vec::new()
        };
        let deleted = deleted.first().map(|mutant| marked(mutant, &format!("!{}", on(mutant))));
        if let Some((_, guard)) = &arm.guard {
            let bounds = self.bounds(guard.span());
            if let Some(is_there) = deleted {
                self.around(bounds, format!("{is_there} && ("), ")");
            }
            let mutants = self.take("MatchArmGuard", bounds.0);
            let others = mutants.into_iter().map(|mutant| (mutant, marked(mutant, &mutant.replacement)));
            self.choose(bounds, &others.collect::<Vec<_>>());
        } else if let Some(is_there) = deleted {
            self.around(pattern, String::new(), &format!(" if {is_there}"));
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_struct(&mut self, expression: &'a ExprStruct) {
        if let Some(rest) = &expression.rest {
            let rest = self.bounds(rest.span());
            for field in &expression.fields {
                let mutants = self.take("StructField", self.bounds(field.span()).0);
                let (name, value) = (self.bounds(field.member.span()), self.bounds(field.expr.span()));
                let name = &self.text[name.0..name.1];
                if field.colon_token.is_none() && !mutants.is_empty() {
                    self.around(value, format!("{name}: "), "");
                }
                let other = format!("({}).{name}", &self.text[rest.0..rest.1]);
                let others = mutants.into_iter().map(|mutant| (mutant, marked(mutant, &other)));
                self.choose(value, &others.collect::<Vec<_>>());
            }
        }
        visit::visit_expr_struct(self, expression);
    }
}
