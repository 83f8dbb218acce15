import ArgumentParser
import Configuration
import Subprocess
import Yams

@main
struct Placeholder: ParsableCommand {}
