import { Choice } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { AgentWorkflow } from '../../../infra/constructs/agent-workflow.ts';
import { is } from '../../../infra/constructs/expression.ts';
import { makeCatalog, readCatalog, warehouse } from './contracts.ts';

/** Two agents with much between them, a branch over a control field, an output with the parts of both. */
export const warehouseWorkflow = (scope: Construct): AgentWorkflow<typeof warehouse> =>
  new AgentWorkflow(scope, 'Warehouse', {
    contract: warehouse,
    definition: (flow) => {
      const { items, characters } = flow.input;
      const make = flow.step('make', makeCatalog, { items, characters });
      const read = flow.step('read', readCatalog, {
        items: make.output.items,
        preface: make.output.preface,
      });
      const done = flow.done('Read', {
        bytes: read.output.bytes,
        sha256: read.output.sha256,
        items: read.output.items,
        preface: make.output.preface,
      });
      return make.next(
        Choice.jsonata(flow.scope, 'HasItems')
          .when(is.atLeast(make.output.count, 1), read.next(done))
          .otherwise(
            flow.done('Empty', { bytes: 0, sha256: '', items: [], preface: make.output.preface }),
          ),
      );
    },
  });
