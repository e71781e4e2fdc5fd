// Settings of @hey-api/openapi-ts.
export default {
  input: process.env.SDK_INPUT,
  output: {
    path: process.env.SDK_OUTPUT,
    // Node resolves modules by their whole names.
    importFileExtension: ".js",
  },
};
