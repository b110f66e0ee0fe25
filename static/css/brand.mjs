// Makes the brand colour of the compiled style sheet, and its shades, custom properties: /brand/….css says others.

import { readFileSync, writeFileSync } from "node:fs";

const SHADES = {
  dark: ["#0a4d59", "#09444f", "#083f4a", "#083b45", "#073740", "#062b32"],
  light: ["#3c7782"],
};

const [file] = process.argv.slice(2);
let style = readFileSync(file, "utf8").replace(/(?<!--nhsuk-brand-colour: )#0b5563/g, "var(--nhsuk-brand-colour)");
for (const [shade, colours] of Object.entries(SHADES)) {
  for (const colour of colours) style = style.replaceAll(colour, `var(--portal-brand-${shade}, ${colour})`);
}
writeFileSync(file, style);
