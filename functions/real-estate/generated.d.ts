/** What `prepare.ts` writes; declared, so that types can be checked before the first build. */
declare module '*/generated/homes.json' {
  /** JSON text: types of thousands of numbers would cost the compiler more than they say. */
  const homes: { readonly rows: string };
  // biome-ignore lint/style/noDefaultExport: the default is all that Node gives of a JSON module.
  export default homes;
}
