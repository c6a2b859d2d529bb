//! regorus: all rules in Rego, on its virtual machine and on its interpreter.
//!
//! The policy is compiled and the state loaded once; the request is a value of regorus' own,
//! as it makes it from JSON.

use presync::{State, SyncRequest};
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::{Rc, Value};

use crate::{Finding, Gap, Kind, Peer, documents};

const POLICY: &str = include_str!("../policies/sync.rego");
const RULE: &str = "data.sync.violations";

pub struct Vm(RegoVM);
pub struct Engine(regorus::Engine);

fn value(document: &serde_json::Value) -> Value {
    Value::from_json_str(&document.to_string()).expect("a JSON document is a value")
}

fn engine() -> regorus::Engine {
    let mut engine = regorus::Engine::new();
    engine.add_policy("sync.rego".to_owned(), POLICY.to_owned()).expect("the policy is well-formed");
    engine
}

fn findings(violations: &Value) -> Vec<Finding> {
    let text = |violation: &Value, key: &str| violation[key].as_string().expect("a text").to_string();
    let violations = violations.as_set().expect("violations are a set").iter();
    violations.map(|violation| (text(violation, "rule"), text(violation, "parameter"))).collect()
}

impl Peer for Vm {
    const NAME: &'static str = "regorus-vm";
    const KIND: Kind = Kind::Engine;
    const GAPS: &'static [Gap] = &[];

    type Request = Value;
    type Answer<'a> = Value;

    fn prepare(state: &State) -> Self {
        let state = value(&documents::of_state(state));
        let mut engine = engine();
        engine.add_data(state.clone()).expect("the state is an object");
        let compiled = engine.compile_with_entrypoint(&Rc::from(RULE)).expect("the policy compiles");
        let program = Compiler::compile_from_policy(&compiled, &[RULE]).expect("the policy compiles");
        let mut vm = RegoVM::new();
        vm.load_program(program);
        vm.set_data(state).expect("the state is an object");
        Self(vm)
    }

    fn request(&self, request: &SyncRequest) -> Value {
        value(&documents::of_request(request))
    }

    fn check<'a>(&'a mut self, request: &'a Value) -> Value {
        self.0.set_input(request.clone());
        self.0.execute().expect("the policy runs")
    }

    fn findings(answer: &Value) -> Vec<Finding> {
        findings(answer)
    }
}

impl Peer for Engine {
    const NAME: &'static str = "regorus-engine";
    const KIND: Kind = Kind::Engine;
    const GAPS: &'static [Gap] = &[];

    type Request = Value;
    type Answer<'a> = Value;

    fn prepare(state: &State) -> Self {
        let mut engine = engine();
        engine.add_data(value(&documents::of_state(state))).expect("the state is an object");
        Self(engine)
    }

    fn request(&self, request: &SyncRequest) -> Value {
        value(&documents::of_request(request))
    }

    fn check<'a>(&'a mut self, request: &'a Value) -> Value {
        self.0.set_input(request.clone());
        self.0.eval_rule(RULE.to_owned()).expect("the policy runs")
    }

    fn findings(answer: &Value) -> Vec<Finding> {
        findings(answer)
    }
}
