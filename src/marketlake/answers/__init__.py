"""One module per question: a function `answer(reader, terms)` and the dataclass it returns."""
