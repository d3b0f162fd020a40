#!/usr/bin/env node
// Writes contracts/snapshots/<Name>.json from forge's output, or with --check
// says which of the committed files differ. A snapshot is what Go embeds, so a
// stale one is a daemon that signs for a contract nobody built.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.join(__dirname, "..");
const OUT = path.join(ROOT, "out");
const SNAPSHOTS = path.join(ROOT, "snapshots");
const SOURCES = ["src", "src/attack", "src/interfaces"];

// Names of the contracts that a source file declares, in order.
function declared(file) {
  const text = fs.readFileSync(file, "utf8");
  const names = text.matchAll(/^(?:abstract )?(?:contract|interface|library) (\w+)/gm);
  return Array.from(names, (m) => m[1]);
}

function sources() {
  return SOURCES.flatMap((dir) =>
    fs
      .readdirSync(path.join(ROOT, dir))
      .filter((name) => name.endsWith(".sol"))
      .map((name) => path.join(ROOT, dir, name)),
  );
}

// Linker placeholders would make bytecode that no chain can run.
function hex(name, object) {
  if (!/^0x([0-9a-f]{2})*$/.test(object)) {
    throw new Error(`${name}: bytecode is not plain hex; is a library unlinked?`);
  }
  return object;
}

// The text of one snapshot. Key order and layout are fixed, so that equal
// sources give equal bytes.
function snapshot(name, artifact) {
  const body = { contract: name, abi: artifact.abi };
  if (artifact.bytecode.object !== "0x") {
    body.bytecode = hex(name, artifact.bytecode.object);
    body.deployedBytecode = hex(name, artifact.deployedBytecode.object);
  }
  return JSON.stringify(body, null, 2) + "\n";
}

function wanted() {
  const files = new Map();
  for (const source of sources()) {
    for (const name of declared(source)) {
      const artifact = path.join(OUT, path.basename(source), `${name}.json`);
      files.set(`${name}.json`, snapshot(name, JSON.parse(fs.readFileSync(artifact, "utf8"))));
    }
  }
  return files;
}

function present() {
  const names = fs.readdirSync(SNAPSHOTS).filter((name) => name.endsWith(".json"));
  return new Map(names.map((n) => [n, fs.readFileSync(path.join(SNAPSHOTS, n), "utf8")]));
}

function main(args) {
  fs.mkdirSync(SNAPSHOTS, { recursive: true });
  const want = wanted();
  const have = present();
  const names = [...new Set([...want.keys(), ...have.keys()])].sort();
  const stale = names.filter((name) => want.get(name) !== have.get(name));
  if (args.includes("--check")) {
    if (stale.length === 0) return;
    throw new Error(
      `snapshots differ from what the sources build: ${stale.join(", ")}; ` +
        "run contracts/script/build.sh and commit contracts/snapshots",
    );
  }
  for (const name of stale) {
    const file = path.join(SNAPSHOTS, name);
    if (want.has(name)) fs.writeFileSync(file, want.get(name));
    else fs.rmSync(file);
    process.stdout.write(`snapshots/${name} ${want.has(name) ? "written" : "removed"}\n`);
  }
}

try {
  main(process.argv.slice(2));
} catch (err) {
  process.stderr.write(`script/snapshots.js: ${err.message}\n`);
  process.exitCode = 1;
}
