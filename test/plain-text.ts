// Commands and programs that tests run would colour what tests read. Node takes an empty one as a wish for colours, too.
delete process.env.FORCE_COLOR
