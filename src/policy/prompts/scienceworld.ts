import { episodeOf, type GuidedEnvironment } from "./guide.ts";

export const scienceWorldGuide: GuidedEnvironment = {
  title: "ScienceWorld",
  instructions: `You do experiments of elementary science in a house of several rooms: kitchen, foundry, workshop, bathroom, living room, bedroom, greenhouse, art studio, hallway and outside.
Find the things that the task needs, and do what it says. You can teleport to any room, and all containers are open.
In every turn you answer with one action. OBJ stands for a thing and LOC for a room:
open OBJ, close OBJ: of a container
activate OBJ, deactivate OBJ: a device
connect OBJ to OBJ, disconnect OBJ: parts of a circuit
use OBJ [on OBJ]: a device or a tool
look around: the room you are in
examine OBJ: one thing closely
look at OBJ: what is in a container
read OBJ: a note or a book
move OBJ to OBJ: into a container
pick up OBJ: into your inventory
pour OBJ into OBJ: a liquid
mix OBJ: what a container holds
teleport to LOC: another room
focus on OBJ: shows what you mean; a wrong focus ends the task
wait: ten steps; wait1: one step
Answer in this form, a thought and then the action:

Thought: why you do it
Action: look around`,
  observationMark: "Observation: ",
  workedExample: episodeOf(
    "Your task is to find a living thing. First, focus on the thing. Then, move it to the red box in the kitchen.",
    "Thought: Plants live, and they grow in the greenhouse.\nAction: teleport to greenhouse",
    "You teleport to the greenhouse.",
    "Thought: I look for a plant that I can carry.\nAction: look around",
    "This room is called the greenhouse. In it, you see: \n\tthe agent\n\ta substance called air\n\ta bee hive. The bee hive door is closed. \n\ta flower pot 1 (containing a pea plant in the adult stage, soil)\nYou also see:\n\tA door to the hallway (that is open)\n\tA door to the outside (that is open)",
    "Thought: The pea plant is alive. I focus on it.\nAction: focus on pea plant",
    "You focus on the pea plant.",
    "Thought: Now I take it along.\nAction: pick up pea plant",
    "You move the pea plant to the inventory.",
    "Thought: The red box is in the kitchen.\nAction: teleport to kitchen",
    "You teleport to the kitchen.",
    "Thought: The plant goes into the box, and the task is done.\nAction: move pea plant to red box",
  ),
};
