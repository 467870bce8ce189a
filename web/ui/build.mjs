// Builds the dashboard into dist: two scripts, one style sheet, the fonts and the page. "--watch" goes on building as sources change.
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { context } from "esbuild";

const out = new URL("dist/", import.meta.url).pathname;
await mkdir(out, { recursive: true });
for (const name of await readdir(out)) {
  if (name !== "placeholder.txt") await rm(out + name, { recursive: true }); // the placeholder keeps the folder in a fresh clone
}
await cp(new URL("src/index.html", import.meta.url), out + "index.html");
await cp(new URL("src/icon.svg", import.meta.url), out + "icon.svg");
await cp(new URL("node_modules/@fontsource-variable/inter/LICENSE", import.meta.url), out + "inter-licence.txt");
await cp(new URL("node_modules/uplot/LICENSE", import.meta.url), out + "uplot-licence.txt");

const build = await context({
  entryPoints: ["src/main.ts", "src/theme.ts", "src/style/main.css"],
  entryNames: "[name]",
  assetNames: "[name]",
  outdir: out,
  bundle: true,
  minify: true,
  sourcemap: false,
  legalComments: "none",
  format: "iife",
  target: ["chrome123", "firefox120", "safari17.5"],
  loader: { ".woff2": "file" },
  logLevel: "warning",
});
if (process.argv.includes("--watch")) {
  await build.watch();
} else {
  await build.rebuild();
  await build.dispose();
}
