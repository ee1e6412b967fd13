/** The CDK app of the naive pipeline; its code is bundled into the folder that the context names. */
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { build } from 'esbuild';
import { NaiveStack, STAGES } from './stack.ts';

const app = new App();
const codeFolder: string = app.node.getContext('codeFolder');
await build({
  entryPoints: STAGES.map((name) => ({
    in: join(import.meta.dirname, 'functions', `${name}.ts`),
    out: `${name}/index`,
  })),
  outdir: codeFolder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  banner: {
    js: `import{createRequire}from'node:module';const require=createRequire(import.meta.url);`,
  },
});
new NaiveStack(app, {
  codeFolder,
  modelBaseUrl: app.node.getContext('modelBaseUrl'),
  crmUrl: app.node.getContext('crmUrl'),
});
app.synth();
