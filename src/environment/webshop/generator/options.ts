import { z } from "zod";

/** Weights of 0, 1, 2, ... of something; they need not sum to 1. */
const weights = z.array(z.number().min(0)).min(1).readonly();

/** Size and difficulty of a generated catalogue. Every draw comes from `seed`. */
export const catalogueOptionsSchema = z.strictObject({
  seed: z.number().int().min(0),
  /** Number of products. */
  products: z.number().int().min(1).default(1600),
  /** Number of product types, spread over the departments; fewer types mean more look-alikes per type. */
  types: z.number().int().min(1).max(40).default(40),
  /**
   * Share of products made as a near miss of an earlier product of the same type: one attribute exchanged, a
   * higher price, or other option values.
   */
  nearMissRate: z.number().min(0).max(1).default(0.5),
  /** Weights of 0, 1, 2, ... attributes per product. More attributes per product mean more products that fit. */
  attributesPerProduct: weights.default([0, 0, 0.4, 0.6]),
  /** Weights of 0, 1, 2, ... attributes per instruction (never more than the product has, never 0). */
  attributesPerGoal: weights.default([0, 0.1, 0.5, 0.4]),
  /** Weights of 0, 1, 2, ... option groups per product; a goal names one value of each. */
  groupsPerProduct: weights.default([0.1, 0.45, 0.45]),
  /** Weights of 0, 1, 2, ... values that a product offers in each of its groups (never 0). */
  valuesPerGroup: weights.default([0, 0, 0.4, 0.4, 0.2]),
  /**
   * How much descriptions repeat words of the type and of attributes that the product does not have, from 0
   * (never: search puts the fitting product first) to 1 (the fitting product stands anywhere in its type).
   */
  searchNoise: z.number().min(0).max(1).default(0.75),
});
export type CatalogueOptions = z.input<typeof catalogueOptionsSchema>;
export type ResolvedCatalogueOptions = z.output<typeof catalogueOptionsSchema>;
