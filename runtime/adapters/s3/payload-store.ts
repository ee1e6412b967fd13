/**
 * Payloads as objects of one bucket, `<tenant>/<root>/<sha256>`.
 *
 * Boundary: the bucket's lifecycle deletes them in the end; nothing here does.
 * Invariant B10: S3 takes a text only if it is what its name says: the name is its checksum.
 */
import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Payload } from '#runtime/core/claim-check.ts';
import type { PayloadOwner, PayloadStore } from '#runtime/ports.ts';

export class S3PayloadStore implements PayloadStore {
  readonly #client: S3Client;
  readonly #bucketName: string;

  constructor(options: { readonly client: S3Client; readonly bucketName: string }) {
    this.#client = options.client;
    this.#bucketName = options.bucketName;
  }

  async put(owner: PayloadOwner, { sha256, text }: Payload): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucketName,
        Key: keyOf(owner, sha256),
        Body: text,
        ContentType: 'application/json',
        ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
      }),
    );
  }

  /** Without permission to list the bucket, S3 would answer 403 for what is not there. */
  async get(owner: PayloadOwner, sha256: string): Promise<string | null> {
    try {
      const { Body: body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucketName, Key: keyOf(owner, sha256) }),
      );
      return (await body?.transformToString('utf-8')) ?? null;
    } catch (error) {
      if (error instanceof NoSuchKey) return null;
      throw error;
    }
  }
}

const keyOf = ({ tenant, root }: PayloadOwner, sha256: string): string =>
  `${tenant}/${root}/${sha256}`;
