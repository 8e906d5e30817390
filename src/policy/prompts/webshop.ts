import { episodeOf, type GuidedEnvironment } from "./guide.ts";

const wish =
  "WebShop [SEP] Instruction: [SEP] i want a green wool scarf for kids, and price lower than 30.00 dollars";

export const webShopGuide: GuidedEnvironment = {
  title: "WebShop",
  instructions: `You are a shopper in a web shop, and are told what to buy.
In every turn you see a page of the shop, its parts separated by [SEP], and answer with one action.
There are two actions:
search[words] looks for products; it works only on a page with a search field. Choose the words with care.
click[text] presses a button, opens a product by its number or chooses an option; the text must stand on the page.
An action that the page does not allow changes nothing.
Before buying, choose every option that the instruction asks for. click[Buy Now] buys the product and ends the task.
Answer in this form, a thought and then the action:

Thought: why you do it
Action: click[text]`,
  observationMark: "Observation:\n",
  workedExample: episodeOf(
    `${wish} [SEP] Search`,
    "Thought: I search for the scarf with its colour and material, and who it is for.\nAction: search[green wool scarf kids]",
    `${wish.replace("WebShop [SEP] ", "")} [SEP] Back to Search [SEP] Page 1 (Total results: 50) [SEP] Next > [SEP] B0KIDSCARF [SEP] Hilltop Kids Knitted Wool Scarf, Many Colours [SEP] $18.50 [SEP] B0LADYSHWL [SEP] Hilltop Women's Cotton Shawl [SEP] $24.00`,
    "Thought: B0KIDSCARF is of wool, for kids and costs less than 30 dollars; B0LADYSHWL is neither.\nAction: click[B0KIDSCARF]",
    `${wish.replace("WebShop [SEP] ", "")} [SEP] Back to Search [SEP] < Prev [SEP] color [SEP] blue [SEP] green [SEP] red [SEP] Hilltop Kids Knitted Wool Scarf, Many Colours [SEP] Price: $18.50 [SEP] Rating: N.A. [SEP] Description [SEP] Features [SEP] Reviews [SEP] Attributes [SEP] Buy Now`,
    "Thought: The colour has to be green, so I choose it.\nAction: click[green]",
    `${wish.replace("WebShop [SEP] ", "")} [SEP] Back to Search [SEP] < Prev [SEP] color [SEP] blue [SEP] green [SEP] red [SEP] Hilltop Kids Knitted Wool Scarf, Many Colours [SEP] Price: $18.50 [SEP] Rating: N.A. [SEP] Description [SEP] Features [SEP] Reviews [SEP] Attributes [SEP] Buy Now`,
    "Thought: Everything that was asked for is chosen.\nAction: click[Buy Now]",
  ),
};
