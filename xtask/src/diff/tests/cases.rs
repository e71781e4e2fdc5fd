//! Each kind of change as a small edit of [`DESCRIPTION`](super::DESCRIPTION), and all that is said of it.

/// An edit: its name, what is replaced by what, and the lines that it gives, all of them.
pub(super) type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    (
        "removed operation",
        &[("    delete:\n      operationId: delete_thing\n      tags: [Things]\n      responses:\n        '204': {description: Deleted.}\n        '404': {$ref: '#/components/responses/NotFound'}\n", "")],
        &["breaking paths['/things/{thing}'].delete: the operation delete_thing was removed"],
    ),
    (
        "renamed operation",
        &[("operationId: delete_thing", "operationId: remove_thing")],
        &["breaking paths['/things/{thing}'].delete.operationId: the operation delete_thing was renamed to remove_thing, and so are methods of SDKs"],
    ),
    (
        "added operation",
        &[("    delete:", "    get: {operationId: get_thing, responses: {'200': {description: It.}}}\n    delete:")],
        &["compatible paths['/things/{thing}'].get: the operation get_thing was added"],
    ),
    (
        "moved operation",
        &[("  /things/{thing}:", "  /items/{thing}:")],
        &["breaking paths['/things/{thing}'].delete: the operation delete_thing was removed", "breaking paths['/things/{thing}'].post: the operation change_thing was removed", "compatible paths['/items/{thing}'].delete: the operation delete_thing was added", "compatible paths['/items/{thing}'].post: the operation change_thing was added"],
    ),
    (
        "path parameter renamed",
        &[("/things/{thing}", "/things/{id}"), ("{name: thing,", "{name: id,")],
        &["breaking paths['/things/{id}']: the parameter thing was renamed to id, and so are arguments of SDKs"],
    ),
    (
        "tag renamed",
        &[("operationId: delete_thing\n      tags: [Things]", "operationId: delete_thing\n      tags: [Stuff]")],
        &[r#"breaking paths['/things/{thing}'].delete.tags: changed from ["Things"] to ["Stuff"], and so do classes of SDKs"#],
    ),
    (
        "tag added",
        &[("operationId: delete_thing\n      tags: [Things]", "operationId: delete_thing\n      tags: [Things, More]")],
        &[r#"compatible paths['/things/{thing}'].delete.tags: changed from ["Things"] to ["Things", "More"], and so do classes of SDKs"#],
    ),
    (
        "operation deprecated",
        &[("operationId: delete_thing", "operationId: delete_thing\n      deprecated: true")],
        &["compatible paths['/things/{thing}'].delete: is deprecated now"],
    ),
    (
        "parameter removed",
        &[("        - {name: order, in: query, schema: {type: string, enum: [up, down]}}\n", "")],
        &["breaking paths['/things/{thing}'].post.parameters[order]: the parameter `order` was removed"],
    ),
    (
        "parameter renamed",
        &[("name: order", "name: sort")],
        &["breaking paths['/things/{thing}'].post.parameters[order]: the parameter `order` was removed", "compatible paths['/things/{thing}'].post.parameters[sort]: a new, optional parameter `sort` was added"],
    ),
    (
        "parameter required",
        &[("{name: order, in: query,", "{name: order, in: query, required: true,")],
        &["breaking paths['/things/{thing}'].post.parameters[order]: the parameter `order` was optional and is now required"],
    ),
    (
        "parameter added optional",
        &[("        - {name: order", "        - {name: offset, in: query, schema: {type: integer}}\n        - {name: order")],
        &["compatible paths['/things/{thing}'].post.parameters[offset]: a new, optional parameter `offset` was added"],
    ),
    (
        "parameter added required",
        &[("        - {name: order", "        - {name: offset, in: query, required: true, schema: {type: integer}}\n        - {name: order")],
        &["breaking paths['/things/{thing}'].post.parameters[offset]: a new, required parameter `offset` was added"],
    ),
    (
        "lower maximum param",
        &[("maximum: 100", "maximum: 50")],
        &["breaking paths['/things/{thing}'].post.parameters[limit].schema: in requests, `maximum` changed from 100 to 50"],
    ),
    (
        "higher maximum param",
        &[("maximum: 100", "maximum: 500")],
        &["compatible paths['/things/{thing}'].post.parameters[limit].schema: in requests, `maximum` changed from 100 to 500"],
    ),
    (
        "removed minimum param",
        &[("minimum: 1, ", "")],
        &["compatible paths['/things/{thing}'].post.parameters[limit].schema: in requests, `minimum: 1` was removed"],
    ),
    (
        "parameter style",
        &[("{name: order, in: query,", "{name: order, in: query, style: pipeDelimited,")],
        &["breaking paths['/things/{thing}'].post.parameters: the parameter order is written in another way"],
    ),
    (
        "parameter deprecated",
        &[("{name: order, in: query,", "{name: order, in: query, deprecated: true,")],
        &["compatible paths['/things/{thing}'].post.parameters: `deprecated` of the parameter order changed"],
    ),
    (
        "parameters reordered",
        &[("        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}\n        - {name: order, in: query, schema: {type: string, enum: [up, down]}}\n", "        - {name: order, in: query, schema: {type: string, enum: [up, down]}}\n        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}\n")],
        &[r#"breaking paths['/things/{thing}'].post.parameters: the order changed from ["thing", "limit", "order"] to ["thing", "order", "limit"], and so may arguments of SDKs"#],
    ),
    (
        "enum value of a parameter removed",
        &[("enum: [up, down]", "enum: [up]")],
        &["breaking paths['/things/{thing}'].post.parameters[order].schema: in requests, the value `down` was removed"],
    ),
    (
        "request enum value removed",
        &[("enum: [fast, slow]", "enum: [fast]")],
        &["breaking components.schemas.Mode: in requests, the value `slow` was removed"],
    ),
    (
        "request enum value added",
        &[("enum: [fast, slow]", "enum: [fast, slow, lazy]")],
        &["compatible components.schemas.Mode: in requests, the value `lazy` was added"],
    ),
    (
        "enum reordered",
        &[("enum: [fast, slow]", "enum: [slow, fast]")],
        &[],
    ),
    (
        "answer enum value added",
        &[("enum: [big, small]", "enum: [big, small, huge]")],
        &["breaking components.schemas.Thing.properties.kind: in answers, the value `huge` was added"],
    ),
    (
        "answer enum value removed",
        &[("enum: [big, small]", "enum: [big]")],
        &["breaking components.schemas.Thing.properties.kind: in answers, the value `small` was removed"],
    ),
    (
        "answer enum opened",
        &[("enum: [big, small]", "x-extensible-enum: [big, small]")],
        &[r#"breaking components.schemas.Thing.properties.kind: in answers, `enum: ["big","small"]` was removed"#, r#"compatible components.schemas.Thing.properties.kind: in answers, `x-extensible-enum: ["big","small"]` was added"#],
    ),
    (
        "extensible value removed",
        &[("[ready, pending]", "[ready]")],
        &["breaking components.schemas.Thing.properties.status: in answers, the value `pending` was removed"],
    ),
    (
        "extensible value added",
        &[("[ready, pending]", "[ready, pending, gone]")],
        &["compatible components.schemas.Thing.properties.status: in answers, the value `gone` was added"],
    ),
    (
        "alias removed",
        &[(", x-aliases: [data]", "")],
        &[r#"breaking components.schemas.Thing.properties.parts: in answers, `x-aliases: ["data"]` was removed"#],
    ),
    (
        "mirror removed",
        &[(", x-mirror-of: id", "")],
        &["breaking components.schemas.Thing.properties.memory_id: in answers, `x-mirror-of: id` was removed"],
    ),
    (
        "removed answer field",
        &[("        count: {type: integer, maximum: 10}\n", "")],
        &["breaking components.schemas.Thing.properties.count: in answers, the field was removed"],
    ),
    (
        "renamed answer field",
        &[("        label: {", "        title: {")],
        &["breaking components.schemas.Thing.properties.label: in answers, the field was removed; is `title` its new name?", "compatible components.schemas.Thing.properties.title: in answers, the field was added"],
    ),
    (
        "added answer field",
        &[("        count: {", "        colour: {type: string}\n        count: {")],
        &["compatible components.schemas.Thing.properties.colour: in answers, the field was added"],
    ),
    (
        "added closed answer field",
        &[("properties: {one: {type: string}}", "properties: {one: {type: string}, two: {type: string}}")],
        &["breaking components.schemas.Thing.properties.closed.properties.two: in answers, the field was added"],
    ),
    (
        "answer required dropped",
        &[("required: [id]\n", "required: []\n")],
        &["breaking components.schemas.Thing.properties.id: in answers, the field was required and is optional now"],
    ),
    (
        "answer required added",
        &[("required: [id]\n", "required: [id, count]\n")],
        &["compatible components.schemas.Thing.properties.count: in answers, the field was optional and is required now"],
    ),
    (
        "answer nullable added",
        &[("count: {type: integer,", "count: {type: integer, nullable: true,")],
        &["breaking components.schemas.Thing.properties.count: in answers, it may be null now"],
    ),
    (
        "answer maximum raised",
        &[("maximum: 10}", "maximum: 20}")],
        &["breaking components.schemas.Thing.properties.count: in answers, `maximum` changed from 10 to 20"],
    ),
    (
        "answer maximum lowered",
        &[("maximum: 10}", "maximum: 5}")],
        &["compatible components.schemas.Thing.properties.count: in answers, `maximum` changed from 10 to 5"],
    ),
    (
        "request field removed",
        &[("        size: {type: number}\n", "")],
        &["breaking components.schemas.Wish.properties.size: in requests, the field was removed"],
    ),
    (
        "request field renamed",
        &[("        size: {type: number}\n", "        length: {type: number}\n")],
        &["breaking components.schemas.Wish.properties.size: in requests, the field was removed; is `length` its new name?", "compatible components.schemas.Wish.properties.length: in requests, the field was added"],
    ),
    (
        "request field added",
        &[("        size: {type: number}\n", "        size: {type: number}\n        hue: {type: string}\n")],
        &["compatible components.schemas.Wish.properties.hue: in requests, the field was added"],
    ),
    (
        "request field added required",
        &[("required: [name]", "required: [name, hue]"), ("        size: {type: number}\n", "        size: {type: number}\n        hue: {type: string}\n")],
        &["breaking components.schemas.Wish.properties.hue: in requests, the field was added and is required"],
    ),
    (
        "request field newly required",
        &[("required: [name]", "required: [name, size]")],
        &["breaking components.schemas.Wish.properties.size: in requests, the field was optional and is required now"],
    ),
    (
        "request field optional",
        &[("required: [name]\n", "required: []\n")],
        &["compatible components.schemas.Wish.properties.name: in requests, the field was required and is optional now"],
    ),
    (
        "type integer to string",
        &[("count: {type: integer, maximum: 10}", "count: {type: string}")],
        &["breaking components.schemas.Thing.properties.count: in answers, the type changed from integer to string"],
    ),
    (
        "type number to integer request",
        &[("size: {type: number}", "size: {type: integer}")],
        &["breaking components.schemas.Wish.properties.size: in requests, the type changed from number to integer"],
    ),
    (
        "request nullable dropped",
        &[("note: {type: string, nullable: true}", "note: {type: string}")],
        &["breaking components.schemas.Wish.properties.note: in requests, it may not be null any more"],
    ),
    (
        "request nullable added",
        &[("size: {type: number}", "size: {type: number, nullable: true}")],
        &["compatible components.schemas.Wish.properties.size: in requests, it may be null now"],
    ),
    (
        "request maxLength lowered",
        &[("maxLength: 64", "maxLength: 32")],
        &["breaking components.schemas.Wish.properties.name: in requests, `maxLength` changed from 64 to 32"],
    ),
    (
        "format added",
        &[("size: {type: number}", "size: {type: number, format: float}")],
        &["breaking components.schemas.Wish.properties.size: in requests, `format: float` was added"],
    ),
    (
        "request multipleOf added",
        &[("size: {type: number}", "size: {type: number, multipleOf: 2}")],
        &["breaking components.schemas.Wish.properties.size: in requests, `multipleOf: 2` was added"],
    ),
    (
        "request default added",
        &[("size: {type: number}", "size: {type: number, default: 2}")],
        &["breaking components.schemas.Wish.properties.size: in requests, `default: 2` was added"],
    ),
    (
        "status removed",
        &[("        '204': {description: Deleted.}\n        '404': {$ref: '#/components/responses/NotFound'}\n", "        '204': {description: Deleted.}\n")],
        &["breaking paths['/things/{thing}'].delete.responses[404]: the answer was removed, and its type in generated code with it"],
    ),
    (
        "error status added",
        &[("        '204': {description: Deleted.}\n", "        '204': {description: Deleted.}\n        5XX: {$ref: '#/components/responses/NotFound'}\n")],
        &["compatible paths['/things/{thing}'].delete.responses.5XX: the error was added"],
    ),
    (
        "status 2xx replaced",
        &[("'204': {description: Deleted.}", "'200': {description: Deleted.}")],
        &["breaking paths['/things/{thing}'].delete.responses[200]: the answer was added, which older clients may take for an error", "breaking paths['/things/{thing}'].delete.responses[204]: the answer was removed, and its type in generated code with it"],
    ),
    (
        "default answer added",
        &[("        '204': {description: Deleted.}\n", "        '204': {description: Deleted.}\n        default: {$ref: '#/components/responses/NotFound'}\n")],
        &["breaking paths['/things/{thing}'].delete.responses.default: an answer for all other statuses was added: compare by hand"],
    ),
    (
        "answer media type removed",
        &[("            text/event-stream: {schema: {$ref: '#/components/schemas/Frame'}}\n", "")],
        &["breaking paths['/things/{thing}'].post.responses[200].content['text/event-stream'].schema: in answers, the media type was removed"],
    ),
    (
        "answer media type added",
        &[("            text/event-stream: {", "            text/csv: {schema: {type: string}}\n            text/event-stream: {")],
        &["compatible paths['/things/{thing}'].post.responses[200].content['text/csv'].schema: in answers, the media type was added"],
    ),
    (
        "request media type removed",
        &[("          text/plain: {schema: {type: string}}\n", "")],
        &["breaking paths['/things/{thing}'].post.requestBody.content['text/plain'].schema: in requests, the media type was removed"],
    ),
    (
        "request media type added without schema",
        &[("          text/plain: {schema: {type: string}}\n", "          text/plain: {schema: {type: string}}\n          text/html: {}\n")],
        &["compatible paths['/things/{thing}'].post.requestBody.content['text/html'].schema: in requests, the media type was added"],
    ),
    (
        "media type of a shared answer replaced",
        &[("        application/json: {schema: {$ref: '#/components/schemas/Error'}}", "        application/problem+json: {schema: {$ref: '#/components/schemas/Error'}}")],
        &["breaking components.responses.NotFound.content['application/json'].schema: in answers, the media type was removed; is `application/problem+json` its new name?", "compatible components.responses.NotFound.content['application/problem+json'].schema: in answers, the media type was added"],
    ),
    (
        "media type lost schema",
        &[("text/plain: {schema: {type: string}}", "text/plain: {}")],
        &["breaking paths['/things/{thing}'].post.requestBody.content['text/plain'].schema: in requests, the type changed from string to any"],
    ),
    (
        "body optional",
        &[("requestBody:\n        required: true", "requestBody:\n        required: false")],
        &["compatible paths['/things/{thing}'].post: the body parameter was required and is now optional"],
    ),
    (
        "body removed",
        &[("      requestBody:\n        required: true\n        content:\n          application/json: {schema: {$ref: '#/components/schemas/Wish'}}\n          text/plain: {schema: {type: string}}\n", "")],
        &["breaking paths['/things/{thing}'].post: a required body parameter was removed"],
    ),
    (
        "header removed",
        &[("          headers: {Etag: {schema: {type: string}}}\n", "")],
        &["breaking paths['/things/{thing}'].post.responses[200]: the header Etag was removed"],
    ),
    (
        "header changed",
        &[("Etag: {schema: {type: string}}", "Etag: {schema: {type: integer}}")],
        &["breaking paths['/things/{thing}'].post.responses[200]: the header Etag changed"],
    ),
    (
        "header added",
        &[("Etag: {schema: {type: string}}", "Etag: {schema: {type: string}}, Age: {schema: {type: integer}}")],
        &["compatible paths['/things/{thing}'].post.responses[200]: the header Age was added"],
    ),
    (
        "security changed",
        &[("security: [{key: []}]", "security: [{other: []}]")],
        &["breaking security: changed from key to other"],
    ),
    (
        "security alternative",
        &[("security: [{key: []}]", "security: [{key: []}, {other: []}]")],
        &["compatible security: changed from key to key or other"],
    ),
    (
        "security dropped for op",
        &[("operationId: delete_thing", "operationId: delete_thing\n      security: []")],
        &["compatible paths['/things/{thing}'].delete.security: changed from key to none"],
    ),
    (
        "security scheme changed",
        &[("key: {type: http, scheme: bearer}", "key: {type: http, scheme: digest}")],
        &["breaking components.securitySchemes.key: callers must identify themselves in another way"],
    ),
    (
        "server replaced",
        &[("https://one.example", "https://two.example")],
        &[r#"breaking servers: changed from ["https://one.example"] to ["https://two.example"]"#],
    ),
    (
        "server added",
        &[("[{url: https://one.example}]", "[{url: https://one.example}, {url: https://two.example}]")],
        &[r#"compatible servers: changed from ["https://one.example"] to ["https://one.example", "https://two.example"]"#],
    ),
    (
        "anyOf descended",
        &[("    Delta:\n      type: object\n      properties: {text: {type: string}}", "    Delta:\n      type: object\n      properties: {words: {type: string}}")],
        &["breaking components.schemas.Delta.properties.text: in answers, the field was removed; is `words` its new name?", "compatible components.schemas.Delta.properties.words: in answers, the field was added"],
    ),
    (
        "anyOf alternative removed",
        &[("        - {$ref: '#/components/schemas/Final'}\n", "")],
        &["breaking components.schemas.Frame.anyOf[Final]: in answers, the alternative was removed"],
    ),
    (
        "allOf inline",
        &[("properties: {answer: {type: string}}", "properties: {answer: {type: integer}}")],
        &["breaking components.schemas.Final.allOf[1].properties.answer: in answers, the type changed from string to integer"],
    ),
    (
        "oneOf inline",
        &[("{title: All, type: integer}", "{title: All, type: number}")],
        &["breaking components.schemas.Top.oneOf[All]: in requests, the type changed from integer to number"],
    ),
    (
        "oneOf alternative added",
        &[("        - {title: All, type: integer}\n", "        - {title: All, type: integer}\n        - {title: None, type: boolean}\n")],
        &["compatible components.schemas.Top.oneOf[None]: in requests, the alternative was added"],
    ),
    (
        "oneOf reordered",
        &[("        - {$ref: '#/components/schemas/Delta'}\n        - {$ref: '#/components/schemas/Final'}\n", "        - {$ref: '#/components/schemas/Final'}\n        - {$ref: '#/components/schemas/Delta'}\n")],
        &[],
    ),
    (
        "oneOf alternative retitled",
        &[("title: Each", "title: PerBucket")],
        &["breaking components.schemas.Top.oneOf[Each]: in requests, the alternative was removed", "compatible components.schemas.Top.oneOf[PerBucket]: in requests, the alternative was added"],
    ),
    (
        "items of an array retyped",
        &[("properties: {weight: {type: number}}", "properties: {weight: {type: string}}")],
        &["breaking components.schemas.Part.properties.weight: in answers, the type changed from number to string"],
    ),
    (
        "type renamed",
        &[("    Part:", "    Piece:"), ("items: {$ref: '#/components/schemas/Part'}", "items: {$ref: '#/components/schemas/Piece'}")],
        &["breaking components.schemas.Part: the type was removed or renamed, and is gone from SDKs", "compatible components.schemas.Piece: the type was added"],
    ),
    (
        "ref inlined",
        &[("mode: {$ref: '#/components/schemas/Mode'}", "mode: {type: string, enum: [fast, slow]}")],
        &[],
    ),
    (
        "reference described by a wrapper",
        &[("mode: {$ref: '#/components/schemas/Mode'}", "mode: {description: How., allOf: [{$ref: '#/components/schemas/Mode'}]}")],
        &[],
    ),
    (
        "wrapper nullable",
        &[("mode: {$ref: '#/components/schemas/Mode'}", "mode: {nullable: true, allOf: [{$ref: '#/components/schemas/Mode'}]}")],
        &["compatible components.schemas.Wish.properties.mode: in requests, it may be null now"],
    ),
    (
        "object closed",
        &[("    Part:\n      type: object", "    Part:\n      type: object\n      additionalProperties: false")],
        &["breaking components.schemas.Part: in answers, `additionalProperties: false` was added"],
    ),
    (
        "wording changed",
        &[("How people call it.", "Its name."), ("example: Lamp", "example: Desk"), ("There is none.", "No.")],
        &[],
    ),
    (
        "unknown extension added",
        &[("    Part:\n      type: object", "    Part:\n      x-order: 1\n      type: object")],
        &[],
    ),
    (
        "field deprecated",
        &[("size: {type: number}", "size: {type: number, deprecated: true}")],
        &["compatible components.schemas.Wish.properties.size: in requests, `deprecated: true` was added"],
    ),
    (
        "callbacks added",
        &[("operationId: delete_thing", "operationId: delete_thing\n      callbacks: {}")],
        &["breaking paths['/things/{thing}'].delete.callbacks: changed: compare by hand, this task cannot judge it"],
    ),
    (
        "recursive field retyped",
        &[("child: {$ref: '#/components/schemas/Thing'}", "child: {type: string}")],
        &["breaking components.schemas.Thing.properties.child: in answers, the type changed from object to string"],
    ),
    (
        "unused schema added",
        &[("    Error:\n", "    Unused: {type: string}\n    Error:\n")],
        &["compatible components.schemas.Unused: the type was added"],
    ),
    (
        "several changes of one operation, on both sides",
        &[("        - {name: order, in: query, schema: {type: string, enum: [up, down]}}\n", ""), ("maximum: 100", "maximum: 50"), ("text/plain: {schema: {type: string}}", "text/plain: {schema: {type: string, nullable: true}}"), ("            text/event-stream: {", "            text/csv: {schema: {type: string}}\n            text/event-stream: {"), ("          headers: {Etag: {schema: {type: string}}}\n", ""), ("        '404': {$ref: '#/components/responses/NotFound'}\n    delete:", "        '410': {$ref: '#/components/responses/NotFound'}\n    delete:")],
        &["breaking paths['/things/{thing}'].post.parameters[limit].schema: in requests, `maximum` changed from 100 to 50", "breaking paths['/things/{thing}'].post.parameters[order]: the parameter `order` was removed", "breaking paths['/things/{thing}'].post.responses[200]: the header Etag was removed", "breaking paths['/things/{thing}'].post.responses[404]: the answer was removed, and its type in generated code with it", "compatible paths['/things/{thing}'].post.requestBody.content['text/plain'].schema: in requests, it may be null now", "compatible paths['/things/{thing}'].post.responses[200].content['text/csv'].schema: in answers, the media type was added", "compatible paths['/things/{thing}'].post.responses[410]: the error was added"],
    ),
    (
        "wider field of requests and answers",
        &[("{length: {type: integer}, colour:", "{length: {type: integer, nullable: true}, colour:")],
        &["breaking components.schemas.Unit.properties.length: in answers, it may be null now", "compatible components.schemas.Unit.properties.length: in requests, it may be null now"],
    ),
    (
        "field of requests and answers removed",
        &[("{length: {type: integer}, colour:", "{colour:")],
        &["breaking components.schemas.Unit.properties.length: in requests and answers, the field was removed"],
    ),
];
