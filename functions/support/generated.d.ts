/** What `prepare.ts` writes; declared, so that types can be checked before the first build. */
declare module '*/generated/knowledge.json' {
  const knowledge: { readonly index: string };
  // biome-ignore lint/style/noDefaultExport: the default is all that Node gives of a JSON module.
  export default knowledge;
}
