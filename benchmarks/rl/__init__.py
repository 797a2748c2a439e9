"""Does damping uncertain questions help? SEED-GRPO and other modulators against Dr.GRPO and two controls."""
