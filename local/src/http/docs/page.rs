//! The page that shows the API's description: Scalar's API reference, set up to ask nothing of any other host. It is shared with
//! `cargo xtask docs`, which writes it to files.

use serde_json::{Value, json};

/// What the page holds, besides what all of its copies have.
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    /// The URL of Scalar's script.
    pub(crate) script: &'a str,
    /// What the page may connect to, as a content security policy says it.
    pub(crate) connect: &'a str,
    /// Where Scalar finds the description, and whatever else of its configuration is this page's own.
    pub(crate) configuration: &'a [(&'a str, Value)],
}

/// Scalar's script. It is only missing from a debug build whose sources are gone, since that reads it from them.
pub(crate) fn script() -> Option<Vec<u8>> {
    scalar_api_reference::get_asset("scalar.js")
}

impl Page<'_> {
    pub(crate) fn html(&self) -> String {
        let Self { title, script, connect, configuration } = self;
        let mut settings = settings();
        for (name, value) in *configuration {
            settings[name] = value.clone();
        }
        let settings = attribute(&settings.to_string());
        // Scalar puts its styles into the page, and what it draws into data URLs.
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src data:; connect-src {connect}; \
             base-uri 'none'; form-action 'none'"
        );
        format!(
            r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="{policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title}</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <script id="api-reference" data-configuration="{settings}"></script>
    <script src="{script}"></script>
  </body>
</html>
"#,
            title = attribute(title),
        )
    }
}

/// Switches off what would reach out to other hosts, and shows what the description holds beyond plain OpenAPI.
fn settings() -> Value {
    json!({
        "agent": {"disabled": true},
        "mcp": {"disabled": true},
        "telemetry": false,
        "withDefaultFonts": false,
        "hideClientButton": true,
        "showDeveloperTools": "never",
        "defaultOpenAllTags": true,
        "modelsSectionLabel": "Schemas",
        "orderSchemaPropertiesBy": "preserve",
        "showOperationId": true,
        "showExtensions": ["x-extensible-enum", "x-aliases", "x-mirror-of"],
    })
}

fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
