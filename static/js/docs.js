// Shows the OpenAPI document in Swagger UI; a file of its own, because no inline script is allowed.
"use strict";

const place = document.getElementById("documentation");

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  // Tokens open patients' data: they are forgotten with the page.
  persistAuthorization: false,
  // No foreign validator, and no configuration from the address bar.
  validatorUrl: null,
  queryConfigEnabled: false,
});
