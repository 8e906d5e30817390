import { type ActionTool, textTool } from "../action-tool.ts";

/** The two actions of the shop, for chat models that call tools. */
export const shopTools: readonly ActionTool[] = [
  textTool({
    name: "search",
    description: "Search the shop for products. Possible only where the page has a search field.",
    argument: { name: "query", description: "The words to search for." },
    around: ["search[", "]"],
  }),
  textTool({
    name: "click",
    description: "Press a button, open a product or choose an option of the page.",
    argument: {
      name: "element",
      description: "Its text, as on the page: a product's number, an option, Buy Now.",
    },
    around: ["click[", "]"],
  }),
];
