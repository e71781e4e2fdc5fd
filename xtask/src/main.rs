#[path = "../../codegen/mod.rs"]
mod codegen;
fn main() {
    let s = std::fs::read_to_string("openapi/engram.yaml").unwrap();
    match codegen::generate(&s) {
        Ok(c) => std::fs::write("src/generated.rs", c).unwrap(),
        Err(e) => {
            eprintln!("{e}");
            std::process::exit(1)
        }
    }
}
