/** Past events as objects of one bucket; its lifecycle deletes them in the end, nothing here does. */
import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ArchiveReader, ArchiveWriter } from '#runtime/ports.ts';

export class S3Archive implements ArchiveWriter, ArchiveReader {
  readonly #client: S3Client;
  readonly #bucketName: string;

  constructor(options: { readonly client: S3Client; readonly bucketName: string }) {
    this.#client = options.client;
    this.#bucketName = options.bucketName;
  }

  async put(object: Parameters<ArchiveWriter['put']>[0]): Promise<void> {
    await this.#client.send(
      new PutObjectCommand({
        Bucket: this.#bucketName,
        Key: object.key,
        Body: object.lines.map((line) => `${line}\n`).join(''),
        ContentType: 'application/x-ndjson',
      }),
    );
  }

  async keys(query: Parameters<ArchiveReader['keys']>[0]): ReturnType<ArchiveReader['keys']> {
    const { prefix, after, limit } = query;
    const { Contents: objects = [], IsTruncated: more = false } = await this.#client.send(
      new ListObjectsV2Command({
        Bucket: this.#bucketName,
        Prefix: prefix,
        MaxKeys: limit,
        ...(after !== undefined && after !== '' && { StartAfter: after }),
      }),
    );
    return { keys: objects.flatMap(({ Key: key }) => key ?? []), more };
  }

  /** Without permission to list the bucket, S3 would answer 403 for what is not there. */
  async lines(key: string): Promise<readonly string[] | null> {
    try {
      const { Body: body } = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucketName, Key: key }),
      );
      const text = (await body?.transformToString('utf-8')) ?? '';
      return text.split('\n').slice(0, -1);
    } catch (error) {
      if (error instanceof NoSuchKey) return null;
      throw error;
    }
  }
}
