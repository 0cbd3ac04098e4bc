// AVA turns source maps on. Type stripping leaves every line where it is, so nothing needs them, and Sequelize asks for
// a stack trace at every statement, which they make slow.
process.setSourceMapsEnabled(false)
