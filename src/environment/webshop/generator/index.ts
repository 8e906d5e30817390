export * from "./catalogue.ts";
export { brands, productTypes } from "./lexicon.ts";
export { type CatalogueOptions, catalogueOptionsSchema } from "./options.ts";
