#!/usr/bin/env node
/**
 * The bin `signalbox`: starts `main.ts` under a Node that runs TypeScript.
 *
 * Plain JavaScript for Node 18 and later, because `npx signalbox` starts whatever `node` the
 * machine has. A Node below 24 hands over to the project's own, with the same arguments, terminal,
 * signals and exit code.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
const main = new URL('./main.ts', import.meta.url);

/** The `node` package beside or above this file: it is a dependency of the project. */
function projectNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let folder = new URL('..', import.meta.url); ; folder = new URL('..', folder)) {
    const candidate = fileURLToPath(new URL(`node_modules/node/bin/${name}`, folder));
    if (existsSync(candidate)) return candidate;
    if (folder.href === new URL('..', folder).href) return null;
  }
}

function handOver(node) {
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // A terminal sends Ctrl-C to both of us; a `kill` reaches only this process.
  const hasTerminal = [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
  process.on('SIGINT', () => hasTerminal || child.kill('SIGINT'));
  child.on('error', (error) => fail(`cannot start ${node}: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0));
  });
}

function fail(message) {
  process.stderr.write(`signalbox: ${message}\n`);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  await import(main.href);
} else {
  const node = projectNode();
  if (node === null) {
    fail(
      `this is Node ${process.versions.node}; Node ${NEEDED} or later is needed, and the project's own is not installed. Run \`npm ci\` in the project, or use Node ${NEEDED}.`,
    );
  } else {
    handOver(node);
  }
}
