// Programs that tests run would colour what tests read: for Node an empty FORCE_COLOR also asks for colours.
delete process.env.FORCE_COLOR
