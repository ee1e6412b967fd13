import type { UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { TABLE_KEY } from '#runtime/contracts/tables.ts';
import type { ItemKey } from '#runtime/core/ledger-item.ts';

/** What an update of one item sets, adds and requires; attribute names may be anything. */
export class ItemUpdate {
  readonly #key: ItemKey;
  readonly #sets: string[] = [];
  readonly #conditions: string[] = [];
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, string | number> = {};

  constructor(key: ItemKey) {
    this.#key = key;
  }

  set(name: string, value: string | number): void {
    this.#sets.push(`${this.#name(name)} = ${this.#value(value)}`);
  }

  /** An attribute that is not there counts as 0. */
  add(name: string, value: number): void {
    const attribute = this.#name(name);
    this.#sets.push(
      `${attribute} = if_not_exists(${attribute}, ${this.#value(0)}) + ${this.#value(value)}`,
    );
  }

  require(name: string, comparison: '=' | '<' | '<=' | '>=', value: string | number): void {
    this.#conditions.push(`${this.#name(name)} ${comparison} ${this.#value(value)}`);
  }

  requireNone(): void {
    this.#conditions.push(`attribute_not_exists(${TABLE_KEY.partition})`);
  }

  get input(): Omit<UpdateItemCommandInput, 'TableName'> {
    return {
      Key: marshall(this.#key),
      UpdateExpression: `SET ${this.#sets.join(', ')}`,
      ConditionExpression: this.#conditions.join(' AND '),
      ExpressionAttributeNames: this.#names,
      ExpressionAttributeValues: marshall(this.#values),
    };
  }

  #name(name: string): string {
    const found = Object.entries(this.#names).find(([, known]) => known === name);
    if (found) return found[0];
    const placeholder = `#n${Object.keys(this.#names).length}`;
    this.#names[placeholder] = name;
    return placeholder;
  }

  #value(value: string | number): string {
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }
}
